import { InferError } from '@sheaf/inference';

/** Of a run that its process has to end for: how many calls it was of, so that who asks knows whether it was surely this one. */
export function withBatch(error: unknown, calls: number): unknown {
  if (!(error instanceof InferError) || error.metadata.process_ends === undefined) return error;
  const { code, message, reason, retryAfterMs = -1 } = error;
  const metadata = { ...error.metadata, batch_calls: String(calls) };
  return new InferError(code, message, { reason, metadata, retryAfterMs });
}
