export { drainOnSignal, main, type ProcessMessage, report, startFailedExit } from './process.ts';
export { createTracing, type Tracing } from './tracing.ts';
