import { limiterContract } from './limiter-contract.ts';
import { createMemoryLimiter } from './memory.ts';

limiterContract('the limiter in memory', async (time) =>
  createMemoryLimiter({ now: () => time.now, wallNow: () => time.now }),
);
