import type { CurrentGeneration } from '@sheaf/jobs';
import { UsageError } from '../command.ts';
import type { BatchPlace } from './action.ts';

export function numberOf(word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw new UsageError(`want the number of a generation, got "${word}"`);
}

export async function currentOf({ work }: BatchPlace, collection: string): Promise<CurrentGeneration> {
  const current = await work.predictions.current(collection);
  if (current) return current;
  const known = (await work.predictions.collections()).map((one) => one.collection).join(', ') || 'none';
  throw new UsageError(`${collection} has no generation that is served; the collections are ${known}`);
}
