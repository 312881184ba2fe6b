import type { MessageKey, Translate } from '../i18n/index.ts';

type IdIn<K extends string> = K extends `downloads.model.${infer Id}` ? Id : never;
type KnownId = IdIn<MessageKey>;

/** Words of the known models; what a newer engine offers beside them is called by its id. */
const known: Readonly<Record<KnownId, true>> = { 'z-image-turbo': true, 'z-image-turbo-comfyui': true };

const isKnown = (id: string): id is KnownId => Object.hasOwn(known, id);

export const titleOf = (id: string, t: Translate): string => (isKnown(id) ? t(`downloads.model.${id}`) : id);
export const aboutOf = (id: string, t: Translate): string => (isKnown(id) ? t(`downloads.about.${id}`) : '');
