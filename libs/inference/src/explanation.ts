import type { AttributeValue, SpanKind } from './span.ts';

/** Request parameter (bool) that asks for an explanation. */
export const explainParameter = 'sheaf_explain';
/** Response parameter (string) that carries it, as JSON of {@link Explanation}. */
export const explanationParameter = 'sheaf_explanation';

/** The path that a call took, as a tree with times. */
export interface Explanation {
  readonly kind: SpanKind;
  readonly name: string;
  /** Milliseconds after the call came in. */
  readonly startMs: number;
  readonly ms: number;
  /** The gRPC code it ended with. */
  readonly code: string;
  /** Model, version, endpoint, weight, rows of the batch, rule decisions: whatever was noted. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly children: readonly Explanation[];
}

/** A deeper or larger tree is not read. */
const depthMax = 32;

export const explanationSize = ({ children }: Explanation): number =>
  children.reduce((total, child) => total + explanationSize(child), 1);

/** Reads what another process answered; undefined for anything else than an explanation. */
export function parseExplanation(text: unknown): Explanation | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isExplanation(value, depthMax) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isExplanation(value: unknown, depthLeft: number): value is Explanation {
  if (typeof value !== 'object' || value === null || depthLeft === 0) return false;
  const { kind, name, startMs, ms, code, attributes, children } = value as Record<string, unknown>;
  return (
    (attributes === undefined || (typeof attributes === 'object' && attributes !== null)) &&
    [kind, name, code].every((text) => typeof text === 'string') &&
    [startMs, ms].every(Number.isFinite) &&
    Array.isArray(children) &&
    children.every((child) => isExplanation(child, depthLeft - 1))
  );
}
