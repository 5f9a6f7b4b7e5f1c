export type { Limiter, QuotaWindow, Receipt, Standing, Take, Verdict } from './limiter.ts';
export { createMemoryLimiter, type MemoryLimiterOptions } from './memory.ts';
export { createRedisLimiter, type RedisLimiterOptions } from './redis.ts';
