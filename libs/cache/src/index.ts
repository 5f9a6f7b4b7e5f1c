export { type AnswerStore, createAnswerStore } from './answer-store.ts';
export { type CacheResult, type CacheTold, keepAnswers } from './keep-answers.ts';
export { type CacheRule, type CacheSpec, createRules } from './rules.ts';
export { createSharedCalls, type SharedCalls } from './shared-calls.ts';
