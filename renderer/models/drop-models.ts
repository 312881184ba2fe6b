import { toast } from 'sonner';
import { services } from '../app/services.ts';
import { text } from '../i18n/index.ts';
import { configure } from '../settings/engine-settings.ts';
import { showOverlay } from '../state/overlay-store.ts';

const MODEL_FILE = /\.(safetensors|sft|onnx|gguf|ckpt|pth?|bin)$/i;

/** A folder among what was dropped. */
export function droppedFolder({ items }: DataTransfer): File | undefined {
  const folder = [...items].find((item) => item.webkitGetAsEntry()?.isDirectory);
  return folder?.getAsFile() ?? undefined;
}

/**
 * Registers a dropped folder of models, or the one that is meant by it; where the host does not tell where it
 * lies, its path has to be typed.
 * @throws UserError where it cannot be looked at
 */
export async function registerDropped(folder: File): Promise<void> {
  const path = await services().files.pathOf?.(folder);
  if (path === undefined) return askForFolder(text('folders.drop-path', { name: folder.name }));
  const { engine } = services().session;
  const { path: dropped, better = dropped } = await engine.call('folders/inspect', { path });
  const { modelFolders } = await engine.call('engine/settings');
  if (modelFolders.includes(better)) return void toast.info(text('folders.known'));
  const problem = await configure({ modelFolders: [...modelFolders, better] });
  if (problem) toast.error(problem);
  else toast.success(text('folders.added', { path: better }));
}

/** Whether a dropped file is a model, too large to be read here; says how to use it. */
export function refuseModelFile({ name }: File): boolean {
  if (!MODEL_FILE.test(name)) return false;
  askForFolder(text('folders.drop-file', { name }));
  return true;
}

function askForFolder(why: string): void {
  toast.info(why);
  showOverlay({ kind: 'settings', section: 'folders' });
}
