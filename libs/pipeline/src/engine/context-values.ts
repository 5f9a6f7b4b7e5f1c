import { type CallContext, InferError, knownPrincipal, type Parameter, type RequestContent } from '@sheaf/inference';
import type { ContextSpec } from '../language/spec.ts';

/** Longer values are nobody's channel or country. */
const charsMax = 256;

export type ContextValues = Readonly<Record<string, ContextSpec['default']>>;

/** The pipeline's context values for one request: what the caller gave, or the defaults. */
export function contextValues(
  specs: readonly ContextSpec[],
  { parameters }: RequestContent,
  { metadata, principal: caller }: CallContext,
): ContextValues {
  const principal = knownPrincipal(caller);
  const givenAt = ({ kind, key }: ContextSpec['source']): Parameter | undefined => {
    switch (kind) {
      case 'metadata':
        return metadata?.(key);
      case 'parameter':
        return parameters.get(key);
      case 'principal':
        return principal?.[key];
      case 'claim':
        return principal && Object.hasOwn(principal.claims, key) ? principal.claims[key] : undefined;
    }
  };
  const values: Record<string, ContextSpec['default']> = {};
  for (const { name, source, default: fallback } of specs) {
    const given = givenAt(source);
    values[name] = given === undefined ? fallback : convert(given, fallback, `${source.kind} "${source.key}"`);
  }
  return values;
}

/** What a value would have to be to stand for one like `like`; undefined when it can. */
export function contextExpectation(given: Parameter, like: ContextSpec['default']): string | undefined {
  const text = String(given);
  if (text.length > charsMax) return `at most ${charsMax} characters`;
  if (typeof like === 'string') return undefined;
  if (typeof like === 'boolean') return text === 'true' || text === 'false' ? undefined : 'true or false';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? undefined : 'a finite number';
}

function convert(given: Parameter, like: ContextSpec['default'], field: string): ContextSpec['default'] {
  const text = String(given);
  const expected = contextExpectation(given, like);
  if (expected !== undefined) {
    const description = `want ${expected}, got "${text.slice(0, 40)}"`;
    throw new InferError('INVALID_ARGUMENT', `${field}: ${description}`, {
      reason: contextInvalid,
      violations: [{ field, description, reason: contextInvalid }],
    });
  }
  if (typeof like === 'string') return text;
  return typeof like === 'boolean' ? text === 'true' : Number(text);
}

export const contextInvalid = 'CONTEXT_INVALID';
