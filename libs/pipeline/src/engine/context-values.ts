import { type CallContext, type InferError, type InferRequest, invalidField, type Parameter } from '@sheaf/inference';
import type { ContextSpec } from '../spec.ts';

/** Longer values are nobody's channel or country. */
const charsMax = 256;

/** The pipeline's context values for one request: what the caller gave, or the defaults. */
export function contextValues(
  specs: readonly ContextSpec[],
  { parameters }: InferRequest,
  { metadata }: CallContext,
): Record<string, string | number | boolean> {
  const values: Record<string, string | number | boolean> = {};
  for (const { name, source, default: fallback } of specs) {
    const given = source.kind === 'metadata' ? metadata?.(source.key) : parameters.get(source.key);
    values[name] = given === undefined ? fallback : convert(given, fallback, `${source.kind} "${source.key}"`);
  }
  return values;
}

/** The value as the type of `like`. */
function convert(given: Parameter, like: string | number | boolean, field: string): string | number | boolean {
  const text = String(given);
  if (text.length > charsMax) throw refuse(field, `at most ${charsMax} characters`, `${text.length}`);
  if (typeof like === 'string') return text;
  if (typeof like === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw refuse(field, 'true or false', text);
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw refuse(field, 'a finite number', text);
}

const refuse = (field: string, wish: string, got: string): InferError =>
  invalidField(field, `want ${wish}, got "${got.slice(0, 40)}"`, 'CONTEXT_INVALID');
