import { type Translate, useText } from '../i18n/index.ts';
import { Button } from '../ui/button.tsx';
import { byteSize } from '../ui/byte-size.ts';
import { loadDevice, useDevice } from './device-report.ts';

const partWords = (part: string, t: Translate): string =>
  part === 'transformer' || part === 'text-encoder' || part === 'vae' ? t(`device.part.${part}`) : part;

/** The networks in memory, each with why it is there. */
export function Residents() {
  const t = useText();
  const answer = useDevice();
  if (!answer || !('report' in answer)) return <p className="text-dim">{t('settings.waiting')}</p>;
  const { residents } = answer.report;
  const first = residents.find(({ isInUse }) => !isInUse);
  return (
    <div className="flex flex-col items-start gap-2">
      {residents.length === 0 ? (
        <p className="text-dim">{t('device.residents-none')}</p>
      ) : (
        <ul className="w-full rounded-control border border-line">
          {residents.map((resident) => (
            <li
              key={`${resident.part} ${resident.name}`}
              className="flex items-baseline gap-2 border-b border-line px-3 py-1.5 last:border-b-0"
            >
              <span className="min-w-0">
                <span className="block truncate">
                  {partWords(resident.part, t)} · {resident.name}
                </span>
                <span className="block text-label text-dim">
                  {t(
                    resident.isInUse
                      ? 'device.in-use'
                      : resident === first
                        ? 'device.first-out'
                        : 'device.kept',
                  )}
                </span>
              </span>
              <span className="ml-auto shrink-0 text-dim">{byteSize(resident.bytes)}</span>
            </li>
          ))}
        </ul>
      )}
      <Button onClick={() => void loadDevice()}>{t('device.refresh')}</Button>
    </div>
  );
}
