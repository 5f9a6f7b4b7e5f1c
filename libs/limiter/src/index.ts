export type { Limiter, QuotaWindow, Receipt, Standing, Take, Verdict } from './limiter.ts';
export { createMemoryLimiter, type MemoryLimiterOptions } from './memory.ts';
export type { SharedBackend, SharedLimiterOptions } from './shared-backend.ts';
export { sharedBackends } from './shared-backends.ts';
