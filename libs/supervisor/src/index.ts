export type { RunningMesh, StartOptions } from './mesh/running-mesh.ts';
export { startMesh } from './mesh/start-mesh.ts';
export { type WatchOptions, watchMesh } from './mesh/watch-mesh.ts';
export { freePort } from './process/free-port.ts';
export type { Programs } from './process/programs.ts';
export { supervise } from './process/supervise.ts';
export type { ProcessSpec, Supervised } from './process/supervised.ts';
export { followMesh } from './registry/follow-mesh.ts';
export {
  askRestart,
  askStatus,
  type Control,
  type ControlOptions,
  type MeshStatus,
  openControl,
  type ProcessStatus,
  type RestartReply,
} from './rolling-restart/control.ts';
export { type Part, partsToRestart, restartOneByOne } from './rolling-restart/rolling-restart.ts';
export { tryMemory } from './services/try-memory.ts';
export { readTried, type TriedModel } from './services/try-models.ts';
export { stopOnSignal } from './signals/stop-on-signal.ts';
