import { ChevronDown, ChevronUp, FolderOpen, FolderPlus, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { FolderReport } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { useText } from '../i18n/index.ts';
import { IconButton } from '../ui/button.tsx';
import { AddFolder } from './add-folder.tsx';
import { configure, useEngineSettings } from './engine-settings.ts';
import { folderWords } from './folder-words.ts';
import type { Section } from './setting.ts';

/** The folders with models: what each holds, in which order they count, and one more. */
function Folders() {
  const t = useText();
  const folders = useEngineSettings()?.modelFolders;
  const [problem, setProblem] = useState<string>();
  if (!folders) return <p className="text-dim">{t('settings.waiting')}</p>;
  const set = async (modelFolders: string[]) => {
    const found = await configure({ modelFolders });
    setProblem(found);
    return found;
  };
  const move = (from: number, by: number) => {
    const path = folders[from];
    if (path !== undefined) void set(folders.toSpliced(from, 1).toSpliced(from + by, 0, path));
  };
  return (
    <div className="flex flex-col gap-3">
      {folders.length === 0 ? (
        <p className="rounded-control border border-dashed border-line p-3 text-dim">{t('folders.empty')}</p>
      ) : (
        <ol aria-label={t('folders.list')} className="flex flex-col rounded-control border border-line">
          {folders.map((path, index) => (
            <li
              key={path}
              className="flex items-center gap-2 border-b border-line py-1.5 pr-1 pl-3 last:border-b-0"
            >
              <FolderOpen size={14} className="shrink-0 text-dim" />
              <Holding path={path} />
              <span className="flex [&_button]:size-6 [&_svg]:size-3.5">
                <IconButton
                  label={t('folders.up', { path })}
                  disabled={index === 0}
                  onClick={() => move(index, -1)}
                >
                  <ChevronUp />
                </IconButton>
                <IconButton
                  label={t('folders.down', { path })}
                  disabled={index === folders.length - 1}
                  onClick={() => move(index, 1)}
                >
                  <ChevronDown />
                </IconButton>
                <IconButton
                  label={t('folders.remove', { path })}
                  onClick={() => void set(folders.toSpliced(index, 1))}
                >
                  <Trash2 />
                </IconButton>
              </span>
            </li>
          ))}
        </ol>
      )}
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
      <AddFolder known={folders} onAdd={(path) => set([...folders, path])} />
    </div>
  );
}

/** A registered folder and what lies in it now. */
function Holding({ path }: { readonly path: string }) {
  const t = useText();
  const [report, setReport] = useState<FolderReport | 'gone'>();
  useEffect(() => {
    let isOver = false;
    services()
      .session.engine.call('folders/inspect', { path })
      .then(
        (found) => !isOver && setReport(found),
        () => !isOver && setReport('gone'),
      );
    return () => {
      isOver = true;
    };
  }, [path]);
  return (
    <span className="min-w-0 flex-1 select-text">
      <span className="block truncate" title={path}>
        {path}
      </span>
      <span className="block min-h-3.5 text-label text-dim">
        {report === 'gone' ? (
          <span className="text-warn">{t('folders.gone')}</span>
        ) : (
          report && folderWords(report, t)
        )}
      </span>
    </span>
  );
}

export const folders: Section = {
  id: 'folders',
  icon: FolderPlus,
  settings: [
    {
      id: 'folders',
      title: 'folders.list',
      hint: 'folders.list-hint',
      shape: 'block',
      control: Folders,
      words: (t) => [t('settings.folders'), 'ComfyUI', 'models', 'checkpoints', 'loras'],
    },
  ],
};
