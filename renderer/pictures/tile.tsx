import { ImageOff } from 'lucide-react';
import { type CSSProperties, memo } from 'react';
import type { PictureSummary } from '../../nodes/protocol/contract.ts';
import { runCommand } from '../editor/commands/index.ts';
import { useText } from '../i18n/index.ts';
import { goToPicture } from '../state/pictures-store.ts';
import { cn } from '../ui/class-names.ts';
import { nameOf, timeText } from './picture-actions.ts';
import { endPictureDrag, startPictureDrag } from './picture-drag.ts';
import { makingOf } from './picture-facts.ts';
import { useThumbnail } from './thumbnails.ts';

interface TileProps {
  readonly picture: PictureSummary;
  readonly isSelected: boolean;
  /** Where the keys are. */
  readonly isCurrent: boolean;
  readonly style: CSSProperties;
}

/** The option's id in the page, by which the list names the one the keys are at. */
export const tileId = (id: string): string => `picture-${id}`;

/** A small picture; the pointer over it, or the keys at it, shows what made it. */
export const Tile = memo(function Tile({ picture, isSelected, isCurrent, style }: TileProps) {
  const t = useText();
  const url = useThumbnail(picture.id);
  const { prompts, seeds } = makingOf(picture);
  const prompt = prompts[0]?.trim() || nameOf(picture) || t('gallery.no-prompt');
  const seed = seeds.length > 0 && t('gallery.seed', { seed: seeds.join(', ') });
  const time = [timeText(picture.at), picture.file === undefined && t('gallery.unsaved')]
    .filter(Boolean)
    .join(' · ');
  const details = [seed, time].filter(Boolean).join(' · ');
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and names the option the keys are at
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list hears the keys
    <div
      id={tileId(picture.id)}
      role="option"
      aria-selected={isSelected}
      aria-label={t('gallery.tile', { prompt, details })}
      data-current={isCurrent || undefined}
      data-picture-id={picture.id}
      className="gallery-tile"
      style={style}
      draggable
      onDragStart={(event) => startPictureDrag(event, picture)}
      onDragEnd={endPictureDrag}
      onClick={(event) =>
        goToPicture(
          picture.id,
          event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'switch' : 'alone',
        )
      }
      onDoubleClick={() => {
        goToPicture(picture.id, 'alone');
        runCommand('picture.open');
      }}
      onContextMenu={() => {
        if (!isSelected) goToPicture(picture.id, 'alone');
      }}
    >
      {url === 'none' ? (
        <span className="grid size-full place-items-center text-faint" title={t('gallery.gone')}>
          <ImageOff size={18} />
        </span>
      ) : (
        url && (
          <img
            src={url}
            alt=""
            draggable={false}
            className={cn('size-full object-cover', picture.width < 200 && '[image-rendering:pixelated]')}
          />
        )
      )}
      <span aria-hidden className="gallery-words">
        <span className="line-clamp-3">{prompt}</span>
        {seed && <span className="truncate opacity-80">{seed}</span>}
        <span className="truncate opacity-80">{time}</span>
      </span>
    </div>
  );
});
