/** What a process needs that holds versions and reads no folder: it loads a fraction of what reading one takes. A second entry of this room, for that alone. */

export { transformPlace } from '../pipelines/transform-place.ts';
export { runThreads } from '../services/run-threads.ts';
export { checkCode } from './code-digest.ts';
export { contentChanged } from './content-changed.ts';
export { contentDigest } from './fingerprint.ts';
export { checkContent } from './version-content.ts';
