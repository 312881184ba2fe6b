import { LoaderCircle } from 'lucide-react';
import { useText } from '../../i18n/index.ts';
import type { ViewerSource } from '../../state/viewer-store.ts';
import { usePicture } from '../picture-data.ts';
import { Stage } from './stage.tsx';

/** One picture alone. */
export function Single({ source }: { readonly source: ViewerSource }) {
  const picture = usePicture(source);
  if (typeof picture !== 'object') return <Waiting for={picture} />;
  return <Stage frame={picture.size} layers={[{ ...picture, label: source.label }]} />;
}

/** Instead of a picture: that it loads, or why it cannot be shown. */
export function Waiting({ for: reason }: { readonly for: string | undefined }) {
  const t = useText();
  return (
    <div role="status" className="viewer-stage grid place-items-center">
      {reason ?? (
        <span className="flex items-center gap-2 text-dim">
          <LoaderCircle size={16} className="animate-spin" />
          {t('viewer.loading')}
        </span>
      )}
    </div>
  );
}
