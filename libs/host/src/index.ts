export {
  type Drain,
  type DrainOptions,
  drainOnSignal,
  type EndMessage,
  main,
  onReload,
  type ProcessMessage,
  type ReloadMessage,
  report,
  startFailedExit,
  type Vitals,
} from './process.ts';
export { createTracing, type Tracing } from './tracing.ts';
