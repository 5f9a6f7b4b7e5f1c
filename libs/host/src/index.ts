export {
  drainOnSignal,
  main,
  onReload,
  type ProcessMessage,
  type ReloadMessage,
  report,
  startFailedExit,
} from './process.ts';
export { createTracing, type Tracing } from './tracing.ts';
