/** Tries again what may succeed another time. */
import { InferError } from '@sheaf/inference';

/** Waits; a test has it answer at once. */
export type Pause = (ms: number) => Promise<void>;

export const triesMax = 5;
const firstPauseMs = 250;
const pauseMsMax = 30_000;

/** Whether another try may succeed. */
export const mayPass = (error: unknown): error is InferError => error instanceof InferError && error.retryable;

/** What to wait after so many failures: what the registry asks for, or else twice as long each time, within a range that keeps many apart. */
export function pauseMs({ retryAfterMs }: InferError, failures: number, random: () => number): number {
  if (retryAfterMs !== undefined && retryAfterMs > 0) return Math.min(retryAfterMs, pauseMsMax);
  return Math.min(firstPauseMs * 2 ** (failures - 1), pauseMsMax) * (0.5 + random() / 2);
}

export interface Patience {
  readonly pause: Pause;
  readonly random: () => number;
}

export async function withRetries<T>({ pause, random }: Patience, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error) || failures >= triesMax) throw error;
      await pause(pauseMs(error, failures, random));
    }
  }
}
