import { Copy } from 'lucide-react';
import { toast } from 'sonner';
import type { PictureSummary } from '../../../nodes/protocol/contract.ts';
import { tell } from '../../engine-client/run-session.ts';
import { type Translate, text, useText } from '../../i18n/index.ts';
import { usePictures } from '../../state/pictures-store.ts';
import type { ViewerSource } from '../../state/viewer-store.ts';
import { IconButton } from '../../ui/button.tsx';
import { byteSize } from '../../ui/byte-size.ts';
import { timeText } from '../picture-actions.ts';
import { makingOf, shortNumber, strengthText } from '../picture-facts.ts';

/** A value with its name, as it is shown and copied. */
interface Value {
  readonly name: string;
  readonly value: string;
  /** Said of it; not copied. */
  readonly more?: string;
}

function valuesOf(picture: PictureSummary, t: Translate): Value[] {
  const { prompts, seeds, models, adapters, samplings } = makingOf(picture);
  const { width, height, file, bytes, at, version } = picture;
  return [
    ...prompts.map((value) => ({ name: t('info.prompt'), value })),
    ...seeds.map((value) => ({ name: t('info.seed'), value })),
    ...models.map(({ kind, file: { name } }) => ({ name: t(`info.${kind}`), value: name })),
    ...adapters.map(({ file: { name }, strength, curve, blocks }) => ({
      name: t('info.adapter'),
      value: name,
      more: t(curve || blocks ? 'info.shaped' : 'info.strength', { strength: strengthText(strength) }),
    })),
    ...samplings.flatMap(({ sampler, sigmas, guidance, generator }) => [
      {
        name: t('info.sampler'),
        value: t('info.steps', { name: sampler.name, count: Math.max(sigmas.length - 1, 0) }),
      },
      { name: t('info.sigmas'), value: sigmas.map(shortNumber).join(', ') },
      ...(guidance === undefined ? [] : [{ name: t('info.guidance'), value: shortNumber(guidance) }]),
      ...(generator === undefined ? [] : [{ name: t('info.generator'), value: generator }]),
    ]),
    { name: t('info.size'), value: t('info.pixels', { width, height }) },
    ...(file === undefined
      ? []
      : [{ name: t('info.file'), value: file, ...(bytes !== undefined && { more: byteSize(bytes) }) }]),
    { name: t('info.time'), value: timeText(at) },
    ...(version === undefined ? [] : [{ name: t('info.version'), value: version }]),
  ];
}

function copy({ name, value }: Value): void {
  navigator.clipboard
    .writeText(value)
    .then(() => toast.success(text('info.copied', { name: name.toLowerCase() })), tell);
}

/** What made a picture, each value to be copied. */
export function Making({ source }: { readonly source: ViewerSource }) {
  const t = useText();
  const picture = usePictures(({ pictures }) =>
    'id' in source ? pictures.find(({ id }) => id === source.id) : undefined,
  );
  if (!picture) return <p className="text-dim">{t('info.not-known')}</p>;
  return (
    <>
      {picture.facts.length === 0 && <p className="mb-3 text-dim">{t('info.none')}</p>}
      <dl className="flex flex-col gap-2.5">
        {valuesOf(picture, t).map((row) => (
          <div key={`${row.name} ${row.value}`} className="group relative pr-7">
            <dt className="text-label text-faint">{row.name}</dt>
            <dd className="break-words whitespace-pre-wrap select-text">
              {row.value}
              {row.more && <span className="block text-label text-dim">{row.more}</span>}
              <IconButton
                label={t('info.copy', { name: row.name.toLowerCase() })}
                side="left"
                className="absolute top-1 right-0 size-6 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 [&_svg]:size-3.5"
                onClick={() => copy(row)}
              >
                <Copy />
              </IconButton>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
