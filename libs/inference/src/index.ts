export { type AddressRange, addressForm, addressProblem, createAddressSet } from './addresses.ts';
export {
  type Aliases,
  aliasPattern,
  championAlias,
  isAlias,
  movedAliases,
  noAliases,
  versionMeant,
  versionSuffix,
} from './aliases.ts';
export { boolParameter, dryRunParameter } from './bool-parameter.ts';
export type { ByteHold } from './byte-hold.ts';
export { CallCanceller, type CallSignal } from './call-signal.ts';
export { checkRequest } from './check-request.ts';
export {
  abortReason,
  type CallContext,
  type Clock,
  checkAlive,
  checkTimeLeft,
  deadlineExceeded,
  deadlineTooShort,
  type FanOut,
  monotonicClock,
  type Patience,
  remainingMs,
  type Snapshot,
} from './context.ts';
export { byteLength, type Datatype, datatypes, elementCount, isDatatype } from './datatype.ts';
export { requestDigest } from './digest.ts';
export {
  asInferError,
  broken,
  type EndedRun,
  type ErrorSubject,
  type FieldViolation,
  InferError,
  type InferErrorCode,
  type InferErrorDetails,
  inferErrorCodes,
  invalidField,
  invalidMetadata,
  invalidTensor,
  notFound,
  type Progress,
  type QuotaSubject,
} from './error.ts';
export { explain } from './explain.ts';
export {
  type Explanation,
  explainParameter,
  explanationParameter,
  parseExplanation,
} from './explanation.ts';
export { fromHalves, type HalfDatatype, toHalves } from './half.ts';
export {
  type Infer,
  type InferRequest,
  type InferResponse,
  type Layer,
  type Parameter,
  type Parameters,
  type RequestContent,
  stack,
} from './infer.ts';
export {
  type ChargedCall,
  Journal,
  journalEntriesMax,
  type OnKept,
  type Sample,
} from './journal.ts';
export {
  bytesInFlightDefault,
  bytesInFlightMin,
  defaultLimits,
  innerLimits,
  type Limits,
  type MessageLimit,
  messageTooLarge,
} from './limits.ts';
export type { Load } from './load.ts';
export {
  type EventName,
  type EventSpec,
  events,
  isLogLevel,
  type LogLevel,
  logLevels,
  logRooms,
  type Room,
} from './log/events.ts';
export { eventsPage } from './log/events-page.ts';
export {
  type FieldsOf,
  isDebugging,
  isForStandardError,
  isLogged,
  type LogEntry,
  type LogSink,
  log,
  logLevelOf,
  type OnEvent,
  sendLogTo,
  setLogLevel,
  usualLevel,
} from './log/log.ts';
export { compileDimensions, dimensionName } from './named-dimensions.ts';
export { isLoopback, isPublicAddress, networkOf } from './network.ts';
export type { Overrun } from './overrun.ts';
export {
  isPriority,
  isRole,
  knownPrincipal,
  lessImportant,
  matchesPattern,
  maySee,
  type Principal,
  type Priority,
  priorities,
  type Role,
  roles,
  seesInside,
  type TrustedCaller,
  trustedCaller,
} from './principal.ts';
export { type Propagation, w3cPropagation } from './propagation.ts';
export { randomHex } from './random-ids.ts';
export { type Decision, parseDecision } from './reasons.ts';
export { type ModelDescription, mismatch, type Signature, type TensorSpec } from './signature.ts';
export { breakingChanges } from './signature-changes.ts';
export type { EndedSpan, Span, SpanKind, TraceParent } from './span.ts';
export type { JobTerms, Submission } from './submission.ts';
export {
  createTensor,
  type Elements,
  elements,
  packBytes,
  rowCount,
  type Tensor,
  type TensorPlace,
  tensorOf,
  tensorOfNumbers,
  unpackBytes,
  wrongTensor,
} from './tensor.ts';
export { boundedBaggage, boundedTracestate, formatTraceparent, parseTraceparent } from './trace-context.ts';
export { traced } from './traced.ts';
export {
  defineTransform,
  isTransform,
  type TensorDeclaration,
  type Transform,
  type TransformContext,
  type TypedValues,
  type Values,
} from './transform.ts';
export {
  type OutputComparison,
  type TrialCheck,
  type TrialComparison,
  type TrialFinding,
  type TrialLevel,
  type TrialReport,
  type TrialVerdict,
  trialChecks,
} from './trial-report.ts';
export { Turns } from './turns.ts';
