export {
  Breaker,
  type BreakerOptions,
  type BreakerState,
  breakerRules,
  type Outcome,
  type Pass,
  type Transition,
} from './breaker.ts';
export { enforceDeadline } from './deadline.ts';
export { explainOnRequest } from './explain.ts';
export { type CallerBreaker, FairBreaker, type FairBreakerOptions, failuresOfOneMax } from './fair-breaker.ts';
export { type EndedTry, outcomeOf } from './outcome.ts';
export { refuseDryRun } from './refuse-dry-run.ts';
export { type ThrottleOptions, throttle } from './throttle.ts';
