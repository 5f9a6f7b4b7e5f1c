/** Which calls are traced though nobody has asked for it when they began: decided when they have ended, since only then it is known how. */
import { type EndedSpan, log } from '@sheaf/inference';
import type { Environment } from '../environment.ts';

/** Why a trace is kept; told as `sheaf.kept` of its first span. */
export type Kept = 'failed' | 'slow';

/** Traces that were kept, by why, and `left`, that would have been but for the bound on how many a second. */
export interface KeptCounts {
  readonly failed: number;
  readonly slow: number;
  readonly left: number;
}

export interface Keeper {
  /** Told of each call of the public server, by its `request` span; answers why its trace is kept, where it is and was not sampled. */
  decide(request: EndedSpan): Kept | undefined;
  counts(): KeptCounts;
}

const perSecondDefault = 10;

/** How many traces are kept a second, by SHEAF_KEPT_TRACES; 0: none. */
export function keptPerSecond(
  { SHEAF_KEPT_TRACES: given }: Environment,
  tell: (mistake: string) => void = (mistake) => log('tracing.variable-wrong', mistake),
): number {
  if (!given) return perSecondDefault;
  const perSecond = Number(given);
  if (perSecond === 0 || (perSecond >= 1 && perSecond <= 1_000)) return perSecond;
  tell(
    `SHEAF_KEPT_TRACES: want 0, or a number of traces a second from 1 to 1000, got "${given}"; ${perSecondDefault} is taken`,
  );
  return perSecondDefault;
}

/** One of so many calls of a model or pipeline is the slowest. */
const slowestOf = 100;
/** Calls of one name that the slowest are found among; the first as many are none. */
const window = 512;
/** The bound is looked for anew after so many calls. */
const lookEvery = 64;
/** Models and pipelines that are looked after: those of further names are never slow. */
const namesMax = 1_024;

/** `perSecond` bounds the traces that are kept. */
export function createKeeper(perSecond: number, now: () => number = () => performance.now()): Keeper {
  const times = new Map<string, Times>();
  const take = createAllowance(perSecond, now);
  const counts = { failed: 0, slow: 0, left: 0 };
  const whyOf = (request: EndedSpan): Kept | undefined => {
    const isSlow = request.code === 'OK' && timesOf(times, request)?.tell(request.endMs - request.startMs);
    if (request.sampled) return undefined;
    return isFailure(request) ? 'failed' : isSlow ? 'slow' : undefined;
  };
  return {
    decide: (request) => {
      const why = whyOf(request);
      if (why === undefined) return undefined;
      if (!take()) {
        counts.left++;
        return undefined;
      }
      counts[why]++;
      return why;
    },
    counts: () => ({ ...counts }),
  };
}

/** Codes of what goes wrong in a mesh, as opposed to what a caller has sent or may not do. */
const failures = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

/** A rule that somebody wrote may refuse with any code, and is no failure. */
const isFailure = ({ code, attributes }: EndedSpan): boolean =>
  failures.has(code) && !String(attributes['sheaf.decision'] ?? '').startsWith('rule:');

/** So many a second, and as many at once. */
function createAllowance(perSecond: number, now: () => number): () => boolean {
  let left = perSecond;
  let at = now();
  return () => {
    const then = at;
    at = now();
    left = Math.min(perSecond, left + ((at - then) / 1000) * perSecond);
    if (left < 1) return false;
    left--;
    return true;
  };
}

interface Times {
  /** Answers whether the call is among the slowest. */
  tell(ms: number): boolean;
}

function timesOf(times: Map<string, Times>, { attributes }: EndedSpan): Times | undefined {
  const name = String(attributes['model'] ?? '');
  const known = times.get(name);
  if (known || times.size >= namesMax) return known;
  const made = createTimes();
  times.set(name, made);
  return made;
}

function createTimes(): Times {
  const last = new Float64Array(window);
  let told = 0;
  let boundMs = Number.POSITIVE_INFINITY;
  return {
    tell: (ms) => {
      const isSlow = ms > boundMs;
      last[told++ % window] = ms;
      if (told >= window && told % lookEvery === 0)
        boundMs = last.toSorted()[window - 1 - Math.floor(window / slowestOf)] ?? boundMs;
      return isSlow;
    },
  };
}
