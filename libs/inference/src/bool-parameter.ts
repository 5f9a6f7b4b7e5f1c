import { invalidField } from './error.ts';
import type { RequestContent } from './infer.ts';

/** Request parameter (bool): say what would happen, and run nothing. */
export const dryRunParameter = 'sheaf_plan';

/** A bool that a request may carry; false when it does not. */
export function boolParameter({ parameters }: RequestContent, name: string): boolean {
  const value = parameters.get(name) ?? false;
  if (typeof value === 'boolean') return value;
  throw invalidField(`parameters["${name}"]`, `want a bool, got a ${typeof value}`, 'PARAMETER_INVALID');
}
