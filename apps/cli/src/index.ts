export { type RunningMesh, startMesh, stopOnSignal } from './start-mesh.ts';
export type { Supervised } from './supervisor.ts';
