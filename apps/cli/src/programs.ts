/** Where the programs are that a mesh is made of. */
import type { Programs } from '@sheaf/supervisor';

const modelServer = '../../model-server/src';

export const programs: Programs = {
  gateway: new URL('../../gateway/src/main.ts', import.meta.url),
  modelServer: new URL(`${modelServer}/main.ts`, import.meta.url),
};

/** Tries models, for `check` and `up --strict`. */
export const modelTrial = new URL(`${modelServer}/try-models.ts`, import.meta.url);
