import { asInferError, type InferError } from '@sheaf/inference';

export const contractViolation = { reason: 'STAGE_CONTRACT_VIOLATION' };

/** The same error, its message and metadata naming who failed. */
export function named(
  thrown: unknown,
  who: string,
  changes: { code?: InferError['code']; reason?: string; metadata?: Record<string, string> } = {},
): InferError {
  const error = asInferError(thrown);
  const { code = error.code, reason = error.reason, metadata = {} } = changes;
  return error.with({
    code,
    message: `${who}: ${error.message}`,
    reason,
    metadata: { ...error.metadata, ...metadata },
    // What is told of it may name what is asked inside.
    about: undefined,
    ...(code === error.code ? {} : { decision: undefined }),
  });
}

const callersFault = new Set<string>(['INVALID_ARGUMENT', 'NOT_FOUND', 'FAILED_PRECONDITION', 'UNIMPLEMENTED']);

/** A stage that refuses *our* tensor is the pipeline's fault, not the caller's; unless the caller's own tensor went into it. */
export function inStage(thrown: unknown, stage: string, fromCaller: boolean): InferError {
  const error = asInferError(thrown);
  const where = `stage ${stage}`;
  const ours = callersFault.has(error.code) && !error.isForCaller && !(fromCaller && error.code === 'INVALID_ARGUMENT');
  // What a stage asks may say no more than that it was late.
  const reason = error.reason === 'DEADLINE_EXCEEDED' ? 'DEADLINE_EXCEEDED_IN_STAGE' : error.reason;
  if (!ours) return named(error, where, { reason, metadata: { stage } });
  const metadata = { stage, upstream_code: error.code };
  return named(error, where, { code: 'INTERNAL', reason: 'STAGE_CONTRACT_VIOLATION', metadata });
}
