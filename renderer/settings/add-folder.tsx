import { type FormEvent, useState } from 'react';
import { messageOf } from '../../nodes/core/errors.ts';
import type { FolderReport } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { useText } from '../i18n/index.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { folderWords } from './folder-words.ts';

interface AddFolderProps {
  readonly known: readonly string[];
  /** Resolves to what is wrong with it. */
  readonly onAdd: (path: string) => Promise<string | undefined>;
}

/** A folder by its path, or by the system's dialog where the host has one; looked at before it is added. */
export function AddFolder({ known, onAdd }: AddFolderProps) {
  const t = useText();
  const [typed, setTyped] = useState('');
  const [report, setReport] = useState<FolderReport>();
  const [problem, setProblem] = useState<string>();
  const { pickFolder } = services().files;

  const look = async (path: string) => {
    setReport(undefined);
    setProblem(undefined);
    try {
      setReport(await services().session.engine.call('folders/inspect', { path }));
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const pick = async () => {
    const path = await pickFolder?.();
    if (path === undefined) return;
    setTyped(path);
    await look(path);
  };
  const add = async (path: string) => {
    const wrong = await onAdd(path);
    setProblem(wrong);
    if (wrong !== undefined) return;
    setTyped('');
    setReport(undefined);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void look(typed);
  };
  return (
    <div className="flex flex-col gap-2">
      <form className="flex gap-2" onSubmit={submit}>
        <TextField
          value={typed}
          aria-label={t('folders.path')}
          placeholder={t('folders.placeholder')}
          onChange={(event) => {
            setTyped(event.target.value);
            setReport(undefined);
            setProblem(undefined);
          }}
        />
        {pickFolder && <Button onClick={() => void pick().catch(tell)}>{t('folders.pick')}</Button>}
        <Button type="submit" disabled={typed.trim() === ''}>
          {t('folders.look')}
        </Button>
      </form>
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
      {report && (
        <div role="status" className="flex flex-col items-start gap-2 rounded-control border border-line p-3">
          <p className="select-text">
            <span className="block break-all">{report.path}</span>
            <span className="text-dim">{folderWords(report, t)}</span>
          </p>
          {known.includes(report.path) ? (
            <p className="text-dim">{t('folders.known')}</p>
          ) : (
            <span className="flex flex-wrap gap-2">
              <Button look={report.better ? 'plain' : 'accent'} onClick={() => void add(report.path)}>
                {t('folders.add')}
              </Button>
              {report.better !== undefined && (
                <Button look="accent" onClick={() => void look(report.better ?? '')}>
                  {t('folders.better', { path: report.better })}
                </Button>
              )}
            </span>
          )}
        </div>
      )}
    </div>
  );
}
