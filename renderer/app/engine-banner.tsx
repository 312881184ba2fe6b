import { useEffect, useState } from 'react';
import { useText } from '../i18n/index.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { Button } from '../ui/button.tsx';

/** A restart that takes less than this is not worth a word. */
const PATIENCE = 600;

/** Says that the engine went away, for as long as it is. */
export function EngineBanner() {
  const t = useText();
  const connection = useRuntime((state) => state.connection);
  const engine = useRuntime((state) => state.engine);
  const [late, setLate] = useState(false);
  const away = connection.kind === 'waiting' || connection.kind === 'ended' || engine?.state === 'failed';
  useEffect(() => {
    if (!away) return setLate(false);
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [away]);
  if (!away || !late) return null;
  const words =
    connection.kind === 'ended'
      ? t('engine.ended', { reason: connection.reason })
      : (engine?.state === 'failed' && engine.message) || t('engine.lost');
  return (
    <div
      role="alert"
      className="absolute inset-x-0 top-3 z-30 mx-auto flex w-fit max-w-[80%] items-center gap-3 rounded-node border border-warn bg-raised px-4 py-2 shadow-raised"
    >
      {words}
      {connection.kind === 'ended' && <Button onClick={() => location.reload()}>{t('engine.reload')}</Button>}
    </div>
  );
}
