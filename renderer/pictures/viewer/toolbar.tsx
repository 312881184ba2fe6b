import {
  ArrowLeftRight,
  ChevronLeft,
  ChevronRight,
  Columns2,
  Copy,
  Download,
  FolderOpen,
  ImagePlus,
  Info,
  Maximize,
  Trash2,
  Workflow,
  X,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { type CommandId, canRun, command, runCommand } from '../../editor/commands/index.ts';
import { useBindings } from '../../editor/commands/key-bindings.ts';
import { useText } from '../../i18n/index.ts';
import { usePictures } from '../../state/pictures-store.ts';
import {
  type CompareLayout,
  closeViewer,
  updateViewer,
  useViewer,
  type ViewerSource,
} from '../../state/viewer-store.ts';
import { IconButton } from '../../ui/button.tsx';
import { cn } from '../../ui/class-names.ts';
import { Segmented } from '../../ui/segmented.tsx';

/** Above the picture: which it is, how it is seen, and what can be done with it. */
export function Toolbar({ sources }: { readonly sources: readonly ViewerSource[] }) {
  const t = useText();
  const shown = useViewer((state) => state.shown);
  const compared = useViewer((state) => state.compared);
  const hasInfo = useViewer((state) => state.hasInfo);
  // What can be done with a picture depends on what is known of it.
  usePictures(({ pictures }) => pictures);
  return (
    <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line bg-surface px-2">
      {compared ? <CompareTools /> : shown && <Steps at={shown.at} all={shown.sources.length} />}
      <span className="min-w-0 flex-1 truncate pl-1">{sources.map(({ label }) => label).join(' · ')}</span>
      <Zoom />
      <Line />
      {!compared && (
        <>
          <Action id="picture.compare" icon={<Columns2 />} />
          <Action id="picture.copy" icon={<Copy />} />
          <Action id="picture.download" icon={<Download />} />
          <Action id="picture.reveal" icon={<FolderOpen />} />
          <Action id="picture.workflow" icon={<Workflow />} />
          <Action id="picture.load" icon={<ImagePlus />} />
          <Action id="picture.delete" icon={<Trash2 />} />
          <Line />
        </>
      )}
      <Action id="viewer.info" icon={<Info />} isOn={hasInfo} />
      <IconButton label={t('ui.close')} keys="Escape" onClick={closeViewer}>
        <X />
      </IconButton>
    </header>
  );
}

const Line = () => <span aria-hidden className="h-5 w-px shrink-0 bg-line" />;

interface ActionProps {
  readonly id: CommandId;
  readonly icon: ReactNode;
  readonly isOn?: boolean;
}

function Action({ id, icon, isOn }: ActionProps) {
  const t = useText();
  const keys = useBindings();
  return (
    <IconButton
      label={t(`cmd.${id}`)}
      keys={keys(id)[0]}
      disabled={!canRun(command(id))}
      aria-pressed={isOn}
      className={cn(isOn && 'bg-control-hover text-text')}
      onClick={() => runCommand(id)}
    >
      {icon}
    </IconButton>
  );
}

function Steps({ at, all }: { readonly at: number; readonly all: number }) {
  const t = useText();
  if (all === 1) return null;
  return (
    <div className="flex items-center">
      <Action id="viewer.previous" icon={<ChevronLeft />} />
      <span className="min-w-14 text-center text-label whitespace-nowrap text-dim">
        {t('viewer.place', { at: at + 1, all })}
      </span>
      <Action id="viewer.next" icon={<ChevronRight />} />
    </div>
  );
}

function CompareTools() {
  const t = useText();
  const shown = useViewer((state) => state.shown);
  const layout = useViewer((state) => state.layout);
  const layouts: readonly CompareLayout[] = ['slider', 'side-by-side'];
  return (
    <div className="flex items-center gap-1">
      {shown && <Action id="picture.compare" icon={<ChevronLeft />} />}
      <Segmented
        label={t('viewer.layout')}
        value={layout}
        options={layouts.map((value) => ({ value, title: t(`viewer.${value}`) }))}
        onChange={(next) => updateViewer({ layout: next })}
      />
      <Action id="viewer.swap" icon={<ArrowLeftRight />} />
    </div>
  );
}

function Zoom() {
  const t = useText();
  const percent = useViewer(({ seen }) => seen && Math.round(seen.view.scale * devicePixelRatio * 100));
  return (
    <div className="flex items-center">
      <span role="status" className="w-16 pr-1 text-right text-label whitespace-nowrap text-dim">
        <span className="sr-only">{percent !== undefined && t('viewer.zoom', { percent })}</span>
        <span aria-hidden>{percent !== undefined && `${percent} %`}</span>
      </span>
      <Action id="viewer.fit" icon={<Maximize />} />
      <Action id="viewer.actual" icon={<span className="text-label font-semibold">1:1</span>} />
    </div>
  );
}
