import type { FolderReport } from '../../nodes/protocol/contract.ts';
import type { Translate } from '../i18n/index.ts';

/** What a folder is and holds, in a line. */
export function folderWords({ kind, folders, found, unusable }: FolderReport, t: Translate): string {
  const list = found.map((part) => t(`folders.kind.${part.kind}`, { count: part.count })).join(t('ui.comma'));
  return [
    kind === 'comfyui'
      ? t('folders.comfyui', { folders: folders.join(t('ui.comma')) })
      : kind === 'model' && t('folders.model'),
    found.length > 0 ? t('folders.found', { list }) : t('folders.nothing'),
    unusable > 0 && t('folders.unusable', { count: unusable }),
  ]
    .filter(Boolean)
    .join(' ');
}
