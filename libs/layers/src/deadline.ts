import {
  abortReason,
  CallCanceller,
  type CallContext,
  checkAlive,
  deadlineExceeded,
  type InferError,
  type Layer,
  remainingMs,
  type SpanKind,
} from '@sheaf/inference';

/** What a sentence calls the work of a span; the other kinds are inside of these. */
const nouns: Partial<Record<SpanKind, string>> = {
  pipeline: 'pipeline',
  stage: 'stage',
  member: 'member',
  try: 'service',
};

/** Of more places where a call was when its time was up, the sentence names so many. */
const placesShown = 4;

/** Names the stages that the call waited for, as far as it got; `where` when it is in none. */
function lateIn(where: string, { journal, span }: CallContext): InferError {
  const ways = journal.open(span);
  const places = ways.map((way) =>
    way.flatMap(({ kind, name }) => (nouns[kind] ? [`${nouns[kind]} ${name}`] : [])).join(': '),
  );
  const [first, ...others] = [...new Set(places)].filter((place) => place !== '');
  if (first === undefined) return deadlineExceeded(where);
  const shown = [first, ...others.slice(0, placesShown - 1), ...(others.length < placesShown ? [] : ['others'])];
  const stages = new Set(ways.flatMap((way) => way.find(({ kind }) => kind === 'stage')?.name ?? []));
  return deadlineExceeded(shown.join(' and '), [...stages].slice(0, placesShown).join(', ') || first);
}

/**
 * Answers at the deadline whatever happens below, and tells what is below to stop: its signal is aborted when the time is up or the caller leaves.
 * The error names the stages that it waited for, or `where`, the hop.
 */
export function enforceDeadline(where: string): Layer {
  return (next) => (request, context) =>
    // What is thrown in here rejects.
    new Promise((resolve, reject) => {
      checkAlive(context, where);
      const canceller = new CallCanceller();
      const settle = (): void => {
        clearTimeout(timer);
        context.signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      const stop = (error: unknown): void => {
        canceller.abort(error);
        fail(error);
      };
      const onAbort = (): void => stop(abortReason(context.signal));
      const timer = setTimeout(() => stop(lateIn(where, context)), remainingMs(context));
      context.signal.addEventListener('abort', onAbort, { once: true });
      next(request, { ...context, signal: canceller }).then((response) => {
        settle();
        resolve(response);
      }, fail);
    });
}
