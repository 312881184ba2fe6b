import { setFlagsFromString } from 'node:v8';

/**
 * Has the garbage collector mark on the thread of JavaScript alone. While that one waits for a session, others
 * would mark and take the cores the session computes on: of two cores, a step that should take 25 ms got so
 * little that it took 60.
 */
export const keepCoresForSessions = (): void => setFlagsFromString('--no-concurrent-marking');
