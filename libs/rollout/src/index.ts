export {
  advance,
  type Command,
  command,
  itself,
  newState,
  type Seen,
} from './advance.ts';
export { type Comparison, compareOutcomes, type Outcome } from './compare.ts';
export { type Controller, type ControllerPorts, createController, type Said, tell } from './controller.ts';
export { type ArmEvidence, type Evidence, noEvidence, type ShadowEvidence, sumEvidence } from './evidence.ts';
export type { Example } from './examples.ts';
export { type GuardReading, readGuards } from './guards.ts';
export { quantileOf, upperDifference, upperMs } from './histogram.ts';
export { copyFields, type PlanGiven, parsePlan, planDocument, planOf } from './language.ts';
export { type Copies, type CopiesPorts, type CopyResult, type CopyTold, createCopies } from './layers/copies.ts';
export { type CallTold, type SharePorts, shareTraffic } from './layers/share-traffic.ts';
export { parseEvidence } from './parse-evidence.ts';
export type {
  Agreement,
  Arm,
  CanaryStep,
  CopyPlan,
  GuardName,
  Guards,
  RolloutPlan,
  ShadowPlan,
  Sticky,
} from './plan.ts';
export type { ChampionMove, Champions, Report, RolloutReader, RolloutStore } from './ports.ts';
export {
  type ChampionAlias,
  type Change,
  type EntryKind,
  isOver,
  liveArms,
  type Phase,
  phaseText,
  type Rollout,
  type RolloutState,
  stageOf,
} from './state.ts';
export { chooseVersion, type ShadowTraffic, type Traffic, trafficOf } from './traffic.ts';
export { createTrafficBook, type TrafficBook } from './traffic-book.ts';
