/** A workflow is JSON, and its name says so: editors and version control treat it well. */
export const WORKFLOW_ENDING = '.kronode.json';

/**
 * The same file under an ending of its own: Windows and macOS go by what follows the last dot, and `.json`
 * belongs to everyone, so only this one opens with a double-click there.
 */
export const SHORT_ENDING = '.kronode';

/** Whether a file may hold a workflow as text, by its name. */
export const isWorkflowName = (name: string): boolean => /\.(json|kronode)$/i.test(name);

/** What a workflow is called whose file, or whose picture, has this name. */
export const workflowTitle = (name: string): string =>
  name.replace(/(\.kronode)?\.(json|png|webp)$|\.kronode$/i, '');
