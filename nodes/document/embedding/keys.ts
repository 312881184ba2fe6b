/** Text chunk of a saved picture that holds the workflow that made it. */
export const DOCUMENT_TEXT_KEY = 'kronode';
/** Text chunk that holds what the run really used: sigmas, seeds, hashes. */
export const RUN_TEXT_KEY = 'kronode.run';
