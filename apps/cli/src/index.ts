export { type Answered, type AskOptions, ask } from './ask.ts';
export { integerOf } from './command.ts';
export { freePort } from './free-port.ts';
export { table } from './print.ts';
export { type ProgressBar, progressBar } from './progress.ts';
export { partsToRestart, restartOneByOne } from './rolling-restart.ts';
export { type RunningMesh, startMesh } from './start-mesh.ts';
export { stopOnSignal } from './stop-on-signal.ts';
export { type ProcessSpec, type Supervised, supervise } from './supervisor.ts';
