/** What must hold in every run, whatever the fault: each looks at the record and says what is wrong with it. */
import type { BreakerTransition, Operation, RunRecord } from './record.ts';

export type Invariant = (record: RunRecord) => readonly string[];

/** An answer may be so much later than its deadline. */
const lateMaxMs = 100;
/** A stage may begin so long after the call was cancelled or late: the word of it is on its way. */
const runLimitMs = 500;
const attemptsPerCallMax = 1.2;
/** Any service may try so often however few its calls are. */
const attemptsFree = 3;
/** From the gateway's log to the recorder. */
const logDelayMs = 250;
const handlesMoreMax = 256;
const memoryMoreMax = 256 * 2 ** 20;

const legal = new Set(['closed -> open', 'open -> half-open', 'half-open -> open', 'half-open -> closed']);

/** I6: an answer is made of one set of versions that was served while the call went on. */
export const onePublishedSet: Invariant = ({ operations, published }) =>
  operations.flatMap(({ id, versions, invokedAt, endedAt = 0 }) => {
    if (versions === undefined) return [];
    const fits = published.some((set) => set.versions === versions && set.from <= endedAt && set.to >= invokedAt);
    return fits ? [] : [`call ${id} was answered by ${versions}, which was not served then`];
  });

/** I9: no answer after the deadline + 100 ms, and no stage begins with what was cancelled or late. */
export const nothingLate: Invariant = ({ operations, runs = [], stalls, standstills }) => {
  const endOf = ({ invokedAt, timeoutMs, cancelledAt = Number.POSITIVE_INFINITY }: Operation): number =>
    Math.min(invokedAt + timeoutMs, cancelledAt);
  const late = operations.flatMap((operation) => {
    const { id, endedAt = 0, invokedAt } = operation;
    // That the recorder stood still is nobody else's fault.
    const stalledMs = stalls.reduce((sum, { at, ms }) => (at >= invokedAt && at - ms <= endedAt ? sum + ms : sum), 0);
    const byMs = endedAt - endOf(operation) - stalledMs;
    return byMs > lateMaxMs ? [`call ${id} ended ${Math.round(byMs)} ms after its deadline or cancellation`] : [];
  });
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const started = runs.flatMap(({ id, startedAt }) => {
    const operation = byId.get(id);
    if (!operation) return [];
    // What had come when the process was stopped goes on when it is.
    const stoodMs = standstills.reduce(
      (sum, { from, to }) => sum + Math.max(0, Math.min(to, startedAt) - Math.max(from, endOf(operation))),
      0,
    );
    const byMs = startedAt - endOf(operation) - stoodMs;
    return byMs > runLimitMs ? [`a stage began with call ${id} ${Math.round(byMs)} ms after its end`] : [];
  });
  return [...late, ...started];
};

/** I10: at most 1.2 tries a call, and none beyond the first of what may not be asked twice. */
export const fewAttempts: Invariant = ({ operations, runs = [] }) => {
  const attempts = operations.reduce((sum, operation) => sum + operation.attempts, 0);
  const calls = operations.reduce((sum, operation) => sum + operation.stages, 0);
  const max = attemptsPerCallMax * calls + attemptsFree;
  const runsOf = Map.groupBy(runs, ({ id }) => id);
  const twice = operations.filter(({ id, isPure }) => !isPure && (runsOf.get(id)?.length ?? 0) > 1);
  const begun = runs.length > max ? [`${calls} calls were begun ${runs.length} times`] : [];
  return [
    ...(attempts > max ? [`${calls} calls took ${attempts} tries`] : []),
    ...begun,
    ...twice.map(({ id }) => `call ${id} is not pure and was begun ${runsOf.get(id)?.length} times`),
  ];
};

/** I12: breakers go from state to state as they may, and let nothing through before their time. */
export const legalBreakers: Invariant = ({ transitions }) =>
  [...Map.groupBy(transitions, ({ breaker }) => breaker).values()].flatMap((own) =>
    own.flatMap((transition, index) => illegal(own[index - 1], transition)),
  );

function illegal(before: BreakerTransition | undefined, { breaker, from, to, at }: BreakerTransition): string[] {
  const change = `${from} -> ${to}`;
  // Operators force breakers whenever they want.
  const isForced = change.includes('forced-');
  const found: string[] = [];
  if (!isForced && !legal.has(change)) found.push(`${breaker}: ${change}`);
  if (from !== (before?.to ?? 'closed')) found.push(`${breaker}: ${change}, but it was ${before?.to ?? 'closed'}`);
  if (before && to === 'half-open' && at - before.at < before.delayMs - logDelayMs)
    found.push(`${breaker}: half-open after ${Math.round(at - before.at)} ms of ${before.delayMs}`);
  return found;
}

/** I13: what each process takes of memory and handles stays within bounds of where it began. */
export const bounded: Invariant = ({ samples }) =>
  [...Map.groupBy(samples, ({ process }) => process)].flatMap(([process, own]) => {
    const [first] = own;
    if (!first) return [];
    const handles = Math.max(...own.map((sample) => sample.handles)) - first.handles;
    const bytes = Math.max(...own.map((sample) => sample.memoryBytes)) - first.memoryBytes;
    return [
      ...(handles > handlesMoreMax ? [`${process} opened ${handles} handles more`] : []),
      ...(bytes > memoryMoreMax ? [`${process} took ${Math.round(bytes / 2 ** 20)} MiB more`] : []),
    ];
  });

/** I15: every call ended once, what was answered was run, and nothing was run that nobody asked for. */
export const accounted: Invariant = ({ operations, runs }) => {
  const count = (outcome: Operation['outcome']): number =>
    operations.filter((operation) => operation.outcome === outcome).length;
  const ended = count('ok') + count('fail') + count('cancelled') + count('unknown');
  const found = operations.flatMap(({ id, ends }) => (ends === 1 ? [] : [`call ${id} ended ${ends} times`]));
  if (ended !== operations.length) found.push(`${operations.length} calls came in and ${ended} went out`);
  if (!runs) return found;
  const begun = new Set(runs.map(({ id }) => id));
  const asked = new Set(operations.map(({ id }) => id));
  const unrun = operations.filter(({ id, outcome, isLogged }) => isLogged && outcome === 'ok' && !begun.has(id));
  const unasked = [...begun].filter((id) => !asked.has(id));
  return [
    ...found,
    ...unrun.map(({ id }) => `call ${id} was answered and never run`),
    ...unasked.map((id) => `call ${id} was run and never asked for`),
  ];
};

export const invariants: Readonly<Record<string, Invariant>> = {
  I6: onePublishedSet,
  I9: nothingLate,
  I10: fewAttempts,
  I12: legalBreakers,
  I13: bounded,
  I15: accounted,
};

/** Of each invariant that is broken the first few, with how many there are. */
export function judge(record: RunRecord): readonly string[] {
  return Object.entries(invariants).flatMap(([name, invariant]) => {
    const found = invariant(record);
    const more = found.length > 3 ? [`${name}: and ${found.length - 3} more`] : [];
    return [...found.slice(0, 3).map((what) => `${name}: ${what}`), ...more];
  });
}
