import { Image } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import {
  DEFAULT_NAME_PATTERN,
  namedPath,
  nameTokens,
  outputName,
  patternProblem,
} from '../../nodes/core/output-name.ts';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { titleOfTab } from '../files/documents.ts';
import { useText } from '../i18n/index.ts';
import { activeTab } from '../state/workspace.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { configure, useEngineSettings } from './engine-settings.ts';
import type { Section } from './setting.ts';

/** A text that is kept when it is finished, and says why it cannot be. */
function useKept(stored: string | undefined, keep: (text: string) => Promise<string | undefined>) {
  const [typed, setTyped] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const text = typed ?? stored ?? '';
  const commit = async (next = text) => {
    if (next === stored) return setProblem(undefined);
    const wrong = await keep(next);
    setProblem(wrong);
    if (wrong === undefined) setTyped(undefined);
  };
  return { text, problem, commit, type: setTyped };
}

function OutputFolder() {
  const t = useText();
  const settings = useEngineSettings();
  const { text, problem, commit, type } = useKept(settings?.outputFolder, (outputFolder) =>
    configure({ outputFolder }),
  );
  const { pickFolder } = services().files;
  const pick = async () => {
    const path = await pickFolder?.();
    if (path === undefined) return;
    type(path);
    await commit(path);
  };
  if (!settings) return <p className="text-dim">{t('settings.waiting')}</p>;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex gap-2">
        <TextField
          aria-label={t('output.folder')}
          value={text}
          onChange={(event) => type(event.target.value)}
          onBlur={() => void commit()}
          onKeyDown={(event) => event.key === 'Enter' && void commit()}
        />
        {pickFolder && <Button onClick={() => void pick().catch(tell)}>{t('folders.pick')}</Button>}
      </div>
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

/** What the preview shows where nothing else is known. */
const SAMPLE = { name: 'kronode', seed: '42' };

function NamePattern() {
  const t = useText();
  const settings = useEngineSettings();
  const field = useRef<HTMLInputElement>(null);
  const { text, problem, commit, type } = useKept(settings?.namePattern, (namePattern) =>
    configure({ namePattern }),
  );
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!settings) return <p className="text-dim">{t('settings.waiting')}</p>;
  const fault = patternProblem(text);
  const words = fault
    ? t(`output.${fault.kind}`, { token: fault.kind === 'unknown-token' ? `{${fault.token}}` : '' })
    : problem;
  const insert = (token: string) => {
    const element = field.current;
    const [start, end] = [element?.selectionStart ?? text.length, element?.selectionEnd ?? text.length];
    type(`${text.slice(0, start)}{${token}}${text.slice(end)}`);
    element?.focus();
  };
  const preview = namedPath(
    outputName(text, { ...SAMPLE, title: titleOfTab(activeTab()), at: now }),
    1,
    'png',
  );
  return (
    <div className="flex flex-col gap-2">
      <div className="flex gap-2">
        <TextField
          ref={field}
          aria-label={t('output.pattern')}
          aria-invalid={words !== undefined}
          aria-describedby="name-pattern-says"
          value={text}
          onChange={(event) => type(event.target.value)}
          onBlur={() => !fault && void commit()}
          onKeyDown={(event) => event.key === 'Enter' && !fault && void commit()}
        />
        <Button
          disabled={text === DEFAULT_NAME_PATTERN}
          onClick={() => {
            type(DEFAULT_NAME_PATTERN);
            void commit(DEFAULT_NAME_PATTERN);
          }}
        >
          {t('settings.reset')}
        </Button>
      </div>
      <p
        id="name-pattern-says"
        role="status"
        className={words ? 'text-bad' : 'break-all text-dim select-text'}
      >
        {words ?? t('output.preview', { name: preview })}
      </p>
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {nameTokens.map((token) => (
          <li key={token} className="flex items-center gap-1.5 text-dim">
            <button
              type="button"
              aria-label={t('output.insert', { token: `{${token}}` })}
              className="h-6 rounded-chip border border-line bg-control px-1.5 font-mono text-label text-text hover:bg-control-hover"
              // The text keeps its cursor, and is not finished yet.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => insert(token)}
            >
              {`{${token}}`}
            </button>
            {t(`output.token.${token}`)}
          </li>
        ))}
      </ul>
    </div>
  );
}

export const output: Section = {
  id: 'output',
  icon: Image,
  settings: [
    {
      id: 'output-folder',
      title: 'output.folder',
      hint: 'output.folder-hint',
      shape: 'block',
      control: OutputFolder,
      words: (t) => [t('settings.output')],
    },
    {
      id: 'name-pattern',
      title: 'output.pattern',
      hint: 'output.pattern-hint',
      shape: 'block',
      control: NamePattern,
      words: (t) => [t('settings.output'), ...nameTokens],
    },
  ],
};
