let count = 0;

/** A merge key no other gesture has: everything edited under it is one step of undo. */
export const newGesture = (what: string): string => `${what}#${++count}`;
