/** Where the programs are that a mesh is made of. */
import type { Programs } from '@sheaf/supervisor';

export const programs: Programs = {
  gateway: new URL('../../gateway/src/main.ts', import.meta.url),
  worker: new URL('../../worker/src/main.ts', import.meta.url),
  modelServer: new URL('../../model-server/src/main.ts', import.meta.url),
};
