import { UserError } from '../../core/errors.ts';
import type { FileKind } from '../../core/inputs.ts';
import type { ListedFile, ModelService } from '../../execution/services.ts';
import { LacksPart } from '../checkpoints/architecture.ts';
import { fingerprintOf } from '../checkpoints/file-hash.ts';
import type { OpenedPart } from '../checkpoints/model-folder.ts';
import type { ModelRegistry } from '../checkpoints/registry.ts';
import { listed } from '../checkpoints/wording.ts';
import type { AdapterLibrary } from './adapter-library.ts';
import type { LatentPreviews } from './latent-previews.ts';
import type { ModelCards } from './model-cards.ts';
import { placeAll, precisionNotices, tileBytesFor } from './model-places.ts';
import type { PartLibrary } from './part-library.ts';
import type { PictureFolders } from './picture-folders.ts';
import type { Placement } from './placement.ts';

/** Of Z-Image-Turbo; used where a checkpoint says nothing. */
const DEFAULT_SHIFT = 3;

/** Lists, fingerprints and opens the models below the registered folders. */
export function createModelService(
  registry: ModelRegistry,
  parts: PartLibrary,
  cards: ModelCards,
  pictures: PictureFolders,
  previews: LatentPreviews,
  adapters: AdapterLibrary,
  placement: Placement,
): ModelService {
  /** Files that would do, to go at the end of a hint; nothing where there are none. */
  const fitting = async (model: string, part: 'text-encoder' | 'vae'): Promise<string> => {
    const names = await cards.fitting(model, part);
    return names.length === 0 ? '' : `: ${listed(names, 3)}`;
  };
  return {
    async list(kind: FileKind): Promise<readonly ListedFile[]> {
      if (kind === 'image') return pictures.list();
      const files = await registry.list(kind);
      return files.map(({ name, bytes }) => ({ kind, name, bytes }));
    },

    async fingerprint(kind: FileKind, name: string): Promise<string> {
      const path = kind === 'image' ? await pictures.resolve(name) : await registry.resolve(kind, { name });
      return fingerprintOf(path);
    },

    async open({ model, textEncoder, vae, precision = 'auto' }, run = {}) {
      if (model === '') throw new UserError('No model is chosen.', { hint: 'Choose one on the node.' });
      const transformer = await parts.open('transformer', { name: model });
      const encoder = await openOr(parts, 'text-encoder', textEncoder, model, fitting);
      const autoencoder = await openOr(parts, 'vae', vae, model, fitting);
      const encoderName = textEncoder || model;
      const vaeName = vae || model;
      const { captionDim, inChannels } = transformer.opened.config;
      const { hiddenSize } = encoder.opened.config;
      const { latentChannels, scalingFactor, shiftFactor } = autoencoder.opened.config;
      if (hiddenSize !== captionDim)
        throw new UserError(
          `The text encoder ${encoderName} gives ${hiddenSize} features per token, the model ${model} takes ${captionDim}.`,
          {
            hint: `Use the text encoder that belongs to the model (Qwen3-4B for Z-Image-Turbo)${await fitting(model, 'text-encoder')}.`,
          },
        );
      if (latentChannels !== inChannels)
        throw new UserError(
          `The autoencoder ${vaeName} has ${latentChannels} latent channels, the model ${model} has ${inChannels}.`,
          { hint: `Use the autoencoder that belongs to the model${await fitting(model, 'vae')}.` },
        );
      await parts.tokenizerFolder(encoder.opened);
      const named = [
        { part: 'transformer', name: model },
        { part: 'text-encoder', name: encoderName },
        { part: 'vae', name: vaeName },
      ] as const;
      await parts.readOnce(named, run);
      const wanted = precision === 'auto' ? {} : { precision };
      const set = { transformer: transformer.opened, textEncoder: encoder.opened, vae: autoencoder.opened };
      const places = await placeAll(placement, set, precision);
      const recipe = {
        part: { ...(await parts.referenceOf(vaeName, 'vae', autoencoder)), ...wanted },
        tileBytes: await tileBytesFor(placement, set, places),
        scalingFactor,
        shiftFactor,
        latentChannels,
      };
      const part = { ...(await parts.referenceOf(model, 'transformer', transformer)), ...wanted };
      previews.pair(part.file.sha256, recipe);
      return {
        model: { part, adapters: [], shift: transformer.opened.scheduler?.shift ?? DEFAULT_SHIFT },
        textEncoder: {
          part: { ...(await parts.referenceOf(encoderName, 'text-encoder', encoder)), ...wanted },
        },
        vae: recipe,
        notices: [
          ...precisionNotices(places, precision),
          // Parts that come in one file have the same to tell.
          ...new Set([transformer.opened, encoder.opened, autoencoder.opened].flatMap(unusedNotice)),
        ],
      };
    },

    async openAdapter(model, name, signal) {
      const { opened } = await parts.recall('transformer', model.part);
      const file = await adapters.reference(name);
      const { adapter } = await adapters.open(file, opened, signal);
      return { file, notices: adapter.notices.map((notice) => `${name}: ${notice}`) };
    },
  };
}

async function openOr<K extends 'text-encoder' | 'vae'>(
  parts: PartLibrary,
  part: K,
  name: string,
  model: string,
  fitting: (model: string, part: K) => Promise<string>,
) {
  if (name !== '') return parts.open(part, { name });
  try {
    return await parts.open(part, { name: model });
  } catch (error) {
    // One that is there and broken tells what to do itself.
    if (!(error instanceof LacksPart)) throw error;
    const what = part === 'vae' ? 'an autoencoder (vae)' : 'a text encoder';
    throw new UserError(`${model} brings no part of its own here: ${error.message}`, {
      hint: `Choose ${what} on the node${await fitting(model, part)}.`,
      cause: error,
    });
  }
}

const unusedNotice = ({ unusedKeys, files }: OpenedPart): string[] =>
  unusedKeys.length === 0
    ? []
    : [
        `${unusedKeys.length} tensor${unusedKeys.length === 1 ? '' : 's'} in ${files[0]} ${unusedKeys.length === 1 ? 'is' : 'are'} not used: ${unusedKeys.slice(0, 3).join(', ')}${unusedKeys.length > 3 ? ' …' : ''}`,
      ];
