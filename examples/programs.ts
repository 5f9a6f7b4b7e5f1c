/** Where the programs are that a mesh is made of. */
import type { Programs } from '@sheaf/supervisor';

export const programs: Programs = {
  gateway: new URL('../apps/gateway/src/main.ts', import.meta.url),
  modelServer: new URL('../apps/model-server/src/main.ts', import.meta.url),
  worker: new URL('../apps/worker/src/main.ts', import.meta.url),
};
