import { redis } from './redis.ts';
import type { SharedBackend } from './shared-backend.ts';

/**
 * Every backend that gateways may count in together, chosen by the variable of the environment that is set. The memory is none of them: each gateway has it,
 * also below one of these, where it counts while that is gone.
 */
export const sharedBackends = {
  redis,
} as const satisfies Readonly<Record<string, SharedBackend>>;
