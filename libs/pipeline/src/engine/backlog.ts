/** What the stages of a pipeline have to do yet for the calls that are in it: whoever comes now waits for that. */
import { type CallContext, type Priority, priorities } from '@sheaf/inference';

/** Part of its time that a call has to have left, by the forecast: the forecast may be wrong, and those that are in are not to suffer. */
const spare = 0.2;
/** So few calls before one are never a reason to refuse it: what a stage does in company is learned in company. */
const companyMin = 2;
/** A call that took so many times what it takes alone has waited, so that the stage had no time to lose. */
const waitedFactor = 1.5;
/** Fewer ends in a row of a stage that has no time to lose say nothing of how fast it is. */
const endsMin = 8;
/** Then both sums are halved, so that it is the last ones that count. */
const endsMax = 64;
/** After so long without one they say nothing: a slow spell is over, and whoever is let in does not wait any more, so nobody would find out. */
const endsMaxAgeMs = 30_000;
const aloneMax = 32;
const aloneMaxAgeMs = 600_000;

interface Line {
  /** Calls that have come in and have not ended it, by how much they matter. */
  readonly ahead: Record<Priority, number>;
  /** Those of them that are in it. */
  inside: number;
  /** When it ended a call last, or when it began with the first after it had none. */
  since: number;
  /** Of ends in a row while it had no time to lose. */
  busyMs: number;
  ends: number;
  lastEndAt: number;
  /** What it took calls that had it for themselves. */
  readonly alone: { readonly ms: number; readonly at: number }[];
}

/** A stage that a call will ask, what has to end before, and whether the call goes on without it. */
export interface Ahead {
  readonly name: string;
  readonly after: readonly string[];
  readonly optional: boolean;
}

/** Runs that whoever answers a stage does at once; undefined when that is not known. */
export type RunsAtOnce = (stage: string) => number | undefined;

/** When a call would be done that waits its turn in every stage. */
export interface Forecast {
  readonly ms: number;
  /** Where most time goes into what comes before it, and how many calls that is. */
  readonly stage: string;
  readonly calls: number;
}

/** A call that has come in. */
export interface Admitted {
  begin(stage: string): void;
  /** `took`: milliseconds, of a success. */
  end(stage: string, took: number | undefined): void;
  /** It has ended; what it has not asked it never will. */
  leave(): void;
}

type About = Pick<CallContext, 'priority' | 'clock'>;

export class Backlog {
  readonly #lines = new Map<string, Line>();

  /**
   * Undefined when no stage has a line that makes it later than what it takes by itself. `stages`: each after what it reads. Calls that matter less are not
   * before this one.
   */
  forecast(stages: readonly Ahead[], runsAtOnce: RunsAtOnce, context: About): Forecast | undefined {
    const { priority = 'standard', clock } = context;
    const now = clock.now();
    const before = priorities.slice(0, priorities.indexOf(priority) + 1);
    const done = new Map<string, number>();
    let longest = { stage: '', calls: 0, lineMs: 0 };
    for (const { name, after, optional } of stages) {
      const readyMs = Math.max(0, ...after.map((other) => done.get(other) ?? 0));
      const line = this.#lines.get(name);
      if (!line || optional) {
        done.set(name, readyMs);
        continue;
      }
      const aloneMs = aloneMsOf(line, now) ?? 0;
      const isLearned = line.ends >= endsMin && now - line.lastEndAt <= endsMaxAgeMs;
      const apartMs = isLearned ? line.busyMs / line.ends : aloneMs / (runsAtOnce(name) ?? Infinity);
      const calls = before.reduce((sum, one) => sum + line.ahead[one], 0);
      const lineMs = calls >= companyMin ? calls * apartMs : 0;
      if (lineMs > Math.max(readyMs, longest.lineMs)) longest = { stage: name, calls, lineMs };
      done.set(name, Math.max(readyMs, lineMs) + aloneMs);
    }
    const { stage, calls } = longest;
    return calls > 0 ? { stage, calls, ms: Math.max(...done.values()) } : undefined;
  }

  admit(stages: Iterable<string>, { priority = 'standard', clock }: About): Admitted {
    const open = new Set<string>();
    const inside = new Map<string, boolean>();
    for (const name of stages) {
      open.add(name);
      this.#lineOf(name).ahead[priority]++;
    }
    const end = (name: string, took: number | undefined): void => {
      if (!open.delete(name)) return;
      const line = this.#lineOf(name);
      line.ahead[priority]--;
      const wasAlone = inside.get(name);
      if (wasAlone !== undefined) ended(line, took, wasAlone, clock.now());
    };
    return {
      begin: (name) => {
        if (!open.has(name)) return;
        const line = this.#lineOf(name);
        if (line.inside === 0) line.since = clock.now();
        line.inside++;
        inside.set(name, line.inside === 1);
      },
      end,
      leave: () => {
        for (const name of open) end(name, undefined);
      },
    };
  }

  #lineOf(name: string): Line {
    const line = this.#lines.get(name) ?? {
      ahead: { critical: 0, standard: 0, sheddable: 0 },
      inside: 0,
      since: 0,
      busyMs: 0,
      ends: 0,
      lastEndAt: 0,
      alone: [],
    };
    this.#lines.set(name, line);
    return line;
  }
}

function ended(line: Line, took: number | undefined, beganAlone: boolean, now: number): void {
  const aloneMs = aloneMsOf(line, now);
  line.inside--;
  if (took !== undefined) {
    const hasWaited = aloneMs !== undefined && took >= waitedFactor * aloneMs;
    if (hasWaited) {
      if (now - line.lastEndAt > endsMaxAgeMs) [line.busyMs, line.ends] = [0, 0];
      line.busyMs += now - line.since;
      line.ends++;
      line.lastEndAt = now;
      if (line.ends > endsMax) {
        line.ends /= 2;
        line.busyMs /= 2;
      }
    }
    // One that was quicker in company would have been so alone.
    if ((beganAlone && line.inside === 0) || (aloneMs !== undefined && took < aloneMs)) {
      line.alone.push({ ms: took, at: now });
      if (line.alone.length > aloneMax) line.alone.shift();
    }
  }
  line.since = now;
}

/** The least of the last ones: in others there may be a wait for somebody else's calls. */
function aloneMsOf({ alone }: Line, now: number): number | undefined {
  while (alone[0] && now - alone[0].at > aloneMaxAgeMs) alone.shift();
  return alone.length === 0 ? undefined : Math.min(...alone.map(({ ms }) => ms));
}

/** Whether a call can be done in time, with some to spare. */
export const isInTime = ({ ms }: Forecast, remainingMs: number): boolean => ms <= (1 - spare) * remainingMs;
