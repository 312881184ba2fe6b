import { useText } from '../i18n/index.ts';
import { useIsPictureDragged } from './picture-drag.ts';

/** What happens when a picture is let go over the canvas. */
export function DropHint() {
  const t = useText();
  if (!useIsPictureDragged()) return null;
  return (
    <p
      role="status"
      className="pointer-events-none absolute top-4 left-1/2 z-30 max-w-[90%] -translate-x-1/2 rounded-node border border-accent bg-raised px-3 py-2 text-center shadow-raised"
    >
      {t('pictures.drop-hint')}
    </p>
  );
}
