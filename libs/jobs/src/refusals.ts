/** How jobs, batches and predictions say no. */
import { InferError } from '@sheaf/inference';

/** INVALID_ARGUMENT about a field, such as `jobs[3].priority`. */
export const invalid = (field: string, description: string, reason = 'JOB_INVALID'): InferError =>
  InferError.withoutStack('INVALID_ARGUMENT', `${field}: ${description}`, {
    reason,
    violations: [{ field, description, reason }],
  });

/** FAILED_PRECONDITION: what was asked is right, and what it is about is not in the state for it. */
export const refused = (reason: string, message: string): InferError =>
  InferError.withoutStack('FAILED_PRECONDITION', message, { reason });

export const notThere = (reason: string, message: string): InferError =>
  InferError.withoutStack('NOT_FOUND', message, { reason });

/** A text of a stranger, cut and quoted, fit for a sentence. */
export const quoted = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
