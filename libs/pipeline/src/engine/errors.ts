import { asInferError, InferError } from '@sheaf/inference';
import { contextInvalid } from './context-values.ts';

export const contractViolation = { reason: 'STAGE_CONTRACT_VIOLATION' };

/** The same error, its message and metadata naming who failed. */
export function named(
  thrown: unknown,
  who: string,
  changes: { code?: InferError['code']; reason?: string; metadata?: Record<string, string> } = {},
): InferError {
  const error = asInferError(thrown);
  const { code = error.code, reason = error.reason, metadata = {} } = changes;
  const retryAfterMs =
    error.retryAfterMs === undefined || code !== error.code ? {} : { retryAfterMs: error.retryAfterMs };
  return new InferError(code, `${who}: ${error.message}`, {
    reason,
    metadata: { ...error.metadata, ...metadata },
    violations: error.violations,
    ...retryAfterMs,
    ...(code === error.code ? { decision: error.decision } : {}),
    ...(code === error.code && error.retryDelayMs !== undefined ? { retryDelayMs: error.retryDelayMs } : {}),
    cause: error.cause,
  });
}

const callersFault = new Set<string>(['INVALID_ARGUMENT', 'NOT_FOUND', 'FAILED_PRECONDITION', 'UNIMPLEMENTED']);

const toCaller = ['REQUEST_QUARANTINED', 'MODEL_BROKEN', 'NOT_PERMITTED'];

/**
 * What a rule refuses it refuses to the caller, and the values of a pipeline's context are the caller's own, however deep inside. What ended a process is
 * no contract that the pipeline has broken, and neither is a model that is out, or a transform that wants what it may not.
 */
const isToCaller = ({ metadata, reason }: InferError): boolean =>
  metadata['rule_id'] !== undefined || reason === contextInvalid || toCaller.includes(reason);

/** A stage that refuses *our* tensor is the pipeline's fault, not the caller's; unless the caller's own tensor went into it. */
export function inStage(thrown: unknown, stage: string, fromCaller: boolean): InferError {
  const error = asInferError(thrown);
  const where = `stage ${stage}`;
  const ours = callersFault.has(error.code) && !isToCaller(error) && !(fromCaller && error.code === 'INVALID_ARGUMENT');
  // What a stage asks may say no more than that it was late.
  const reason = error.reason === 'DEADLINE_EXCEEDED' ? 'DEADLINE_EXCEEDED_IN_STAGE' : error.reason;
  if (!ours) return named(error, where, { reason, metadata: { stage } });
  const metadata = { stage, upstream_code: error.code };
  return named(error, where, { code: 'INTERNAL', reason: 'STAGE_CONTRACT_VIOLATION', metadata });
}
