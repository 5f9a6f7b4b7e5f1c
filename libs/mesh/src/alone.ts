/** What a process needs that tries one version by itself, and knows no folder. A third entry of this room, for that alone. */
export { checkContent } from './content/version-content.ts';
export { goldenFile } from './models/golden-file.ts';
export { readAlone } from './models/read-models.ts';
export { formatProblem } from './problem.ts';
