/** Requests that ended a process: what is asked once more of the same is run alone, and refused at once when it is sure. */
import { InferError, type Overrun, requestDigest, type Tensor } from '@sheaf/inference';

/** A model version and what it is asked, as far as that decides what a run does. */
export interface Asked {
  readonly model: string;
  readonly version: string;
  readonly inputs: readonly Tensor[];
}

type Named = Omit<Asked, 'inputs'>;

/** As an operator sees it. */
export interface Quarantined extends Named {
  readonly digest: string;
  /** False: it is a suspect. */
  readonly refused: boolean;
  /** Until it is forgotten. */
  readonly leftMs: number;
}

/** `suspect`: it was there when a process was lost, and may have been the reason. */
export type Verdict = 'free' | 'suspect' | 'quarantined';

/** Of it, or of one of those that were there too. */
export type Blame = 'sure' | 'shared';

export const quarantineRules = {
  digestsMax: 1_024,
  /** After the last time that it was to blame. */
  forgetMs: 600_000,
  /** A blame that is shared counts for one however often it comes, one that is sure for all of them: what many ask for is often there when something else ends a process. */
  strikes: 2,
} as const;

interface Mark {
  readonly kind: string;
  readonly model: string;
  readonly version: string;
  readonly strikes: number;
  /** The last one that it was to blame for, where that has a name. */
  readonly run: string | undefined;
  readonly until: number;
}

const kindOf = ({ model, version }: Named): string => `${model}/${version}`;
const digestOf = ({ model, version, inputs }: Asked): string => requestDigest(model, version, inputs);

/**
 * By digest, for 10 minutes, 1,024 of them: of one more, that which was looked for the longest time ago is forgotten. Nothing is hashed for a model version
 * of which none is known, so that it costs nothing as long as nothing is wrong.
 */
export class SuspectRequests {
  readonly #now: () => number;
  /** What was looked for last comes last. */
  readonly #marks = new Map<string, Mark>();
  /** How many of them are of a model version. */
  readonly #counts = new Map<string, number>();
  /** No mark is forgotten before. */
  #soonest = Number.POSITIVE_INFINITY;

  /** `now` in milliseconds on a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    this.#forget();
    return this.#marks.size;
  }

  verdict(asked: Asked): Verdict {
    if (!this.#knows(asked)) return 'free';
    const digest = digestOf(asked);
    const mark = this.#marks.get(digest);
    if (!mark) return 'free';
    this.#marks.delete(digest);
    this.#marks.set(digest, mark);
    return mark.strikes >= quarantineRules.strikes ? 'quarantined' : 'suspect';
  }

  /** A process was lost while it ran, or will be for its sake. Of one `run` it counts once. */
  blame(asked: Asked, blame: Blame, run?: string): void {
    this.#mark(digestOf(asked), asked, blame, run);
  }

  /** What a server says of a run, whether anybody still waits for it or not. */
  tell({ digests, run, ...named }: Overrun): void {
    for (const digest of digests) this.#mark(digest, named, digests.length === 1 ? 'sure' : 'shared', run);
  }

  /** What is kept, as it stands; the one that was looked for the longest time ago first. */
  list(): readonly Quarantined[] {
    this.#forget();
    const now = this.#now();
    return [...this.#marks].map(([digest, { model, version, strikes, until }]) => {
      return { model, version, digest, refused: strikes >= quarantineRules.strikes, leftMs: until - now };
    });
  }

  /** By an operator. Answers whether it was there. */
  release(digest: string): boolean {
    const isThere = this.#marks.has(digest);
    this.#remove(digest);
    return isThere;
  }

  #mark(digest: string, { model, version }: Named, blame: Blame, run: string | undefined): void {
    this.#forget();
    const { strikes, forgetMs, digestsMax } = quarantineRules;
    const known = this.#marks.get(digest);
    if (run !== undefined && known?.run === run) return;
    this.#remove(digest);
    const until = this.#now() + forgetMs;
    const kind = kindOf({ model, version });
    this.#marks.set(digest, {
      kind,
      model,
      version,
      run,
      strikes: blame === 'sure' ? strikes : Math.max(known?.strikes ?? 0, 1),
      until,
    });
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#soonest = Math.min(this.#soonest, until);
    const [oldest] = this.#marks.keys();
    if (this.#marks.size > digestsMax && oldest !== undefined) this.#remove(oldest);
  }

  /** It was answered: what ends a process never is. */
  clear(asked: Asked): void {
    if (this.#knows(asked)) this.#remove(digestOf(asked));
  }

  #knows(asked: Named): boolean {
    if (this.#marks.size === 0) return false;
    this.#forget();
    return this.#counts.has(kindOf(asked));
  }

  #forget(): void {
    const now = this.#now();
    if (now < this.#soonest) return;
    for (const [digest, { until }] of this.#marks) if (until <= now) this.#remove(digest);
    this.#soonest = Math.min(...[...this.#marks.values()].map(({ until }) => until), Number.POSITIVE_INFINITY);
  }

  #remove(digest: string): void {
    const mark = this.#marks.get(digest);
    if (!mark) return;
    this.#marks.delete(digest);
    const left = (this.#counts.get(mark.kind) ?? 1) - 1;
    if (left > 0) this.#counts.set(mark.kind, left);
    else this.#counts.delete(mark.kind);
  }
}

/** Not INVALID_ARGUMENT: another version of the model may well answer it, and this gateway too when it has forgotten. */
export function quarantined({ model, version }: Named): InferError {
  const name = version === '' ? `"${model}"` : `"${model}" version ${version}`;
  return new InferError(
    'FAILED_PRECONDITION',
    `${name} lost its process over this very request; it is not run again for ${quarantineRules.forgetMs / 60_000} minutes after that`,
    {
      reason: 'REQUEST_QUARANTINED',
      metadata: { model, version },
      progress: 'not-begun',
      about: { kind: 'precondition', type: 'QUARANTINE', subject: `${model}/${version}` },
      decision: `quarantine:${model}`,
      retryAfterMs: -1,
    },
  );
}
