export { ejectionRules } from './ejection.ts';
export { Ejector, type ObservedCall, type Standing } from './ejector.ts';
export { LatencyTracker } from './latency-tracker.ts';
export { type Pickable, pickEndpoint, prefer } from './pick-endpoint.ts';
export { decideRetry, type FailedTry, type RetryDecision } from './retry.ts';
export { RetryBudget, RetryBudgets } from './retry-budget.ts';
export { createSplit, type Share, type Split } from './split.ts';
