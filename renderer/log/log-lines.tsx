import { CircleX, Copy, Info, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import type { LogEntry } from '../../nodes/protocol/contract.ts';
import { tell } from '../engine-client/run-session.ts';
import { useEngineText } from '../i18n/engine-text.ts';
import { text, useLanguage, useText } from '../i18n/index.ts';
import { useRunReport } from '../state/run-report-store.ts';
import { IconButton } from '../ui/button.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { TextField } from '../ui/text-field.tsx';

const levels = ['info', 'warning', 'error'] as const;
type Level = LogEntry['level'];

const marks = {
  info: <Info size={12} className="mt-px text-faint" />,
  warning: <TriangleAlert size={12} className="mt-px text-warn" />,
  error: <CircleX size={12} className="mt-px text-bad" />,
} as const;

const clock = (at: number, language: string): string =>
  new Date(at).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function copy(entries: readonly LogEntry[]): void {
  const lines = entries.map(({ at, level, message }) => `${new Date(at).toISOString()} ${level} ${message}`);
  navigator.clipboard
    .writeText(lines.join('\n'))
    .then(() => toast.success(text('log.copied', { count: lines.length })), tell);
}

/** What the engine logged, newest last; stays at its end unless a person scrolled up. */
export function LogLines() {
  const t = useText();
  const entries = useRunReport((state) => state.entries);
  const [least, setLeast] = useState<Level>('info');
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLowerCase();
  const shown = entries.filter(
    ({ level, message }) =>
      levels.indexOf(level) >= levels.indexOf(least) && message.toLowerCase().includes(wanted),
  );
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-1">
        <TextField
          type="search"
          value={query}
          placeholder={t('log.filter')}
          aria-label={t('log.filter')}
          onChange={(event) => setQuery(event.target.value)}
        />
        <IconButton
          label={t('log.copy')}
          side="left"
          disabled={shown.length === 0}
          onClick={() => copy(shown)}
        >
          <Copy />
        </IconButton>
      </div>
      <Segmented
        label={t('log.level')}
        value={least}
        options={levels.map((value) => ({ value, title: t(`log.level.${value}`) }))}
        onChange={setLeast}
      />
      {shown.length === 0 ? (
        <p className="text-dim">{t(entries.length === 0 ? 'log.empty' : 'log.nothing')}</p>
      ) : (
        <Lines entries={shown} />
      )}
    </div>
  );
}

function Lines({ entries }: { readonly entries: readonly LogEntry[] }) {
  const t = useText();
  const engine = useEngineText();
  const language = useLanguage();
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  const newest = entries.at(-1);
  useEffect(() => {
    const { current } = list;
    if (newest && current && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [newest]);
  return (
    <ol
      ref={list}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
      tabIndex={0}
      aria-label={t('log.lines')}
      className="max-h-80 min-h-0 overflow-y-auto rounded-control border border-line p-2 text-label select-text"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {entries.map(({ at, level, message }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its place
        <li key={index} data-level={level} className="flex gap-1.5 py-0.5">
          <time className="shrink-0 text-faint" dateTime={new Date(at).toISOString()}>
            {clock(at, language)}
          </time>
          <span className="shrink-0">
            {marks[level]}
            <span className="sr-only">{t(`log.is.${level}`)}</span>
          </span>
          <span className="min-w-0 break-words">{engine(message)}</span>
        </li>
      ))}
    </ol>
  );
}
