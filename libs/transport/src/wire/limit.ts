import { InferError } from '@sheaf/inference';

/** Refuses more of something than a server takes. */
export function atMost(field: string, count: number, max: number): void {
  if (count <= max) return;
  throw new InferError('RESOURCE_EXHAUSTED', `${field}: want at most ${max}, got ${count}`, {
    reason: 'TOO_MANY',
    metadata: { limit: String(max), size: String(count) },
    retryAfterMs: -1,
  });
}
