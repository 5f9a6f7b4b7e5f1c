import type { CallContext } from '@sheaf/inference';
import type { Pass } from './breaker.ts';
import type { CallerBreaker } from './fair-breaker.ts';

/** A breaker, as a trace names it. */
interface Named {
  /** The address. */
  readonly endpoint: string;
  readonly model: string;
  readonly version: string;
}

/** `breaker.enter()`; what the call changes of the breaker, now or by how it ends, is a span of no length in its trace. */
export function enterTraced(breaker: CallerBreaker, named: Named, context: CallContext): Pass | undefined {
  const tracing = <T>(act: () => T): T => {
    const from = breaker.state;
    const result = act();
    if (breaker.state !== from) tell(breaker, from, named, context);
    return result;
  };
  const pass = tracing(() => breaker.enter());
  return pass && { end: (outcome) => tracing(() => pass.end(outcome)) };
}

function tell(
  { state, remainingMs }: CallerBreaker,
  from: CallerBreaker['state'],
  { endpoint, model, version }: Named,
  { journal, span }: CallContext,
): void {
  const name = version === '' ? model : `${model}/${version}`;
  const open = state === 'open' ? { 'sheaf.breaker.open_ms': Math.ceil(remainingMs) } : {};
  journal.end(
    journal.start('breaker', name, span, {
      'sheaf.endpoint': endpoint,
      'sheaf.breaker.from': from,
      'sheaf.breaker.to': state,
      ...open,
    }),
  );
}
