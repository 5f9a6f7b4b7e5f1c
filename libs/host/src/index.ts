export { type AccessLog, createAccessLog, type LoggedCalls } from './access-log.ts';
export { checkExposure, type InternalServer } from './internal-server.ts';
export { createLineWriter, type LineWriter } from './line-writer.ts';
export { type Outage, type OutagesMessage, onOutages } from './outages.ts';
export {
  countInFlight,
  type Drain,
  type DrainOptions,
  drainOnSignal,
  type EndMessage,
  endProcess,
  type Handover,
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
