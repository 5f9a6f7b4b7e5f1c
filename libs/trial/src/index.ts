export type { Candidate, ReadCandidate, UnreadCandidate } from './candidate.ts';
export { compare, compareRefusal } from './golden/compare-answer.ts';
export { type GivenTensor, givenTensor, inputTensor } from './golden/given-tensors.ts';
export { createJudge } from './judge-version.ts';
export { type TrialLimits, trialLimits } from './limits.ts';
export { type TrialPolicy, trialPolicy } from './policy.ts';
export { type TrialOptions, tryVersion, tryVersions } from './try-version.ts';
