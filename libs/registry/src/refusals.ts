/** How the registry says no. */
import { InferError } from '@sheaf/inference';

/** INVALID_ARGUMENT about a field, such as `files[3].path`. */
export const invalid = (field: string, description: string): InferError =>
  InferError.withoutStack('INVALID_ARGUMENT', `${field}: ${description}`, {
    reason: 'REGISTRY_INVALID',
    violations: [{ field, description, reason: 'REGISTRY_INVALID' }],
  });

/** FAILED_PRECONDITION: what was asked is right, and the registry is not in the state for it. */
export const refused = (reason: string, message: string): InferError =>
  InferError.withoutStack('FAILED_PRECONDITION', message, { reason });

export const notThere = (message: string, reason = 'VERSION_NOT_FOUND'): InferError =>
  InferError.withoutStack('NOT_FOUND', message, { reason });

/** A text of a stranger, cut and quoted, fit for a sentence. */
export const quoted = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
