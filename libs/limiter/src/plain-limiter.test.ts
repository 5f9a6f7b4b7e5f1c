/** A backend of one file keeps the contract, by this one line. */
import { limiterContract } from './testing/limiter-contract.ts';
import { createPlainLimiter } from './testing/plain-limiter.ts';

limiterContract('a backend of one file', async (time) => createPlainLimiter(() => time.now));
