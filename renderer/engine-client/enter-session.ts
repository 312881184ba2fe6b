/**
 * Trades the token in the link this page was opened with for the cookie that opens the engine. The
 * token leaves the address, so that it is in no bookmark and no history.
 */
export async function enterSession(): Promise<void> {
  const token = /(?:^#|&)token=([\w-]+)/.exec(location.hash)?.[1];
  if (token === undefined) return;
  history.replaceState(null, '', location.pathname + location.search);
  await fetch('/session', { method: 'POST', body: token }).catch((error: unknown) => console.warn(error));
}
