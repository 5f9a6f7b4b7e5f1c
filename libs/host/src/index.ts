export { type AccessLog, createAccessLog, type LoggedCalls } from './access-log.ts';
export { type CallLogSpec, createCallLog, type ServerCallLog } from './call-log.ts';
export { checkExposure, type InternalServer } from './internal-server.ts';
export { childOutput } from './log/child-output.ts';
export { logJournal } from './log/journal-log.ts';
export { fileTarget } from './log/line-target.ts';
export { createLineWriter, type LineCounts, type LineWriter } from './log/line-writer.ts';
export {
  changeLogLevels,
  type LevelChange,
  type LevelsMessage,
  logLevels,
  type RoomLevel,
  setLogLevels,
  tellLogLevels,
} from './log/log-levels.ts';
export {
  closeLog,
  isLogFormat,
  type LogFormat,
  logCounts,
  logFormat,
  logFormats,
  logOutput,
  openLog,
} from './log/process-log.ts';
export { type LogCountsMessage, onLogCounts } from './log/supervisor-counts.ts';
export {
  askControl,
  type ControlledMessage,
  type ControlMessage,
  type LoadingMessage,
  type ModelControl,
  onLoading,
} from './model-control.ts';
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
  type ReloadHandlers,
  type ReloadMessage,
  report,
  type SeenModel,
  type SteerMessage,
  startFailedExit,
  type Unserved,
  unservedName,
  type Vitals,
} from './process.ts';
export { onWorkers, type WorkersMessage } from './workers.ts';
