/** OTEL_PROPAGATORS. */
import { log, type Propagation, w3cPropagation } from '@sheaf/inference';
import { type Environment, listIn } from '../../environment.ts';
import { b3, b3multi } from './b3.ts';
import { jaeger } from './jaeger.ts';
import type { Propagator } from './propagator.ts';

const byName: Readonly<Record<string, Propagator>> = { tracecontext: w3cPropagation, b3, b3multi, jaeger };
const names = [...Object.keys(byName), 'baggage', 'none'];

/**
 * As OTEL_PROPAGATORS says: what each that is named finds in a call's headers, the last that finds something, and all that they write. W3C where nothing is
 * named, or nothing that is known, which is told.
 */
export function propagationOf(
  { OTEL_PROPAGATORS: given }: Environment,
  tell: (mistake: string) => void = (mistake) => log('tracing.variable-wrong', mistake),
): Propagation {
  const named = listIn(given);
  const unknown = named.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    tell(`OTEL_PROPAGATORS: want one or more of ${names.join(', ')}, got "${unknown.join(', ')}"`);
  if (named.length === unknown.length) return w3cPropagation;
  const spoken = named.flatMap((name) => (Object.hasOwn(byName, name) ? (byName[name] ?? []) : []));
  const hasBaggage = named.includes('baggage');
  if (spoken.length === 1 && spoken[0] === w3cPropagation && hasBaggage) return w3cPropagation;
  const lastFirst = spoken.toReversed();
  return {
    extract: (header) => {
      for (const { extract } of lastFirst) {
        const found = extract(header);
        if (found) return found;
      }
      return undefined;
    },
    inject: (span, headers) => {
      for (const { inject } of spoken) inject(span, headers);
    },
    hasBaggage,
  };
}
