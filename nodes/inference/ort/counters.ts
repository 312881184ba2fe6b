/**
 * What the runtime was asked to do since the process started. Tests and the debug panel read it to
 * see that nothing was rebuilt.
 */
export const runtimeCounters = {
  sessionsCreated: 0,
  sessionsReleased: 0,
  runs: 0,
  /** Milliseconds spent inside the runtime. */
  runMilliseconds: 0,
  createMilliseconds: 0,
  /** Model files that were opened to read a header, values or a hash; mapping weights counts as a session. */
  filesRead: 0,
  /** Weights and adapter factors that were brought into memory as float32, to be measured or merged. */
  weightCopies: 0,
};
