export { type Outage, type OutagesMessage, onOutages } from './outages.ts';
export {
  countInFlight,
  type Drain,
  type DrainOptions,
  drainOnSignal,
  type EndMessage,
  endProcess,
  type HandoverMessage,
  handedOver,
  main,
  onReload,
  type ProcessMessage,
  type ReloadMessage,
  report,
  type SeenModel,
  startFailedExit,
  type Unserved,
  type Vitals,
} from './process.ts';
export { createTracing, type Tracing } from './tracing.ts';
