import { toast } from 'sonner';
import { services } from '../app/services.ts';
import { text } from '../i18n/index.ts';
import { byteSize } from '../ui/byte-size.ts';

/** Forgets the values of past runs and tells how much room that made. */
export async function clearCache(): Promise<void> {
  const { engine } = services().session;
  const bytes = async () => (await engine.call('engine/info')).memory.cacheBytes;
  const before = await bytes();
  await engine.call('engine/clear-cache');
  toast.success(text('log.cache-cleared', { size: byteSize(Math.max(before - (await bytes()), 0)) }));
}
