import { InferError, type Tensor } from '@sheaf/inference';
import type { Combiner } from '../combiners/combiner.ts';
import { reach } from '../language/weights.ts';

interface Voter {
  readonly member: { readonly name: string; readonly optional: boolean };
  readonly weight: number;
}

/** What decides an ensemble. */
export interface Election {
  readonly members: readonly unknown[];
  readonly quorum: number | { readonly weight: number } | undefined;
  readonly counts: Combiner['members'];
}

export type Decision = 'wait' | 'done' | InferError;

/** Who has answered so far, and whether that decides an ensemble. Knows nothing of time or cancelling. */
export class QuorumTracker<A extends Voter, B extends { readonly tensor: Tensor }> {
  readonly #election: Election;
  readonly #asked: readonly A[];
  readonly #membersMin: number;
  readonly #answers = new Map<A, B>();
  readonly #errors = new Map<A, InferError>();
  readonly #expired = new Set<A>();

  /** `membersMin` is what the caller demands beside the step's own quorum. */
  constructor(election: Election, asked: readonly A[], membersMin: number) {
    this.#membersMin = membersMin;
    this.#election = election;
    this.#asked = asked;
  }

  answered(one: A, answer: B): void {
    this.#answers.set(one, answer);
  }

  failed(one: A, error: InferError): void {
    this.#errors.set(one, error);
  }

  /** Its soft time-out has passed. */
  expire(one: A): void {
    this.#expired.add(one);
  }

  /** The answers, in the order of the members. Meant to be read once it is decided. */
  get good(): readonly { readonly asked: A; readonly answer: B }[] {
    return this.#asked.flatMap((asked) => {
      const answer = this.#answers.get(asked);
      return answer ? [{ asked, answer }] : [];
    });
  }

  /** Of those that were asked and are not in: the codes they failed with. */
  missing(): Map<A, string> {
    return new Map(
      this.#asked
        .filter((one) => !this.#answers.has(one))
        .map((one) => [one, this.#errors.get(one)?.code ?? 'DEADLINE_EXCEEDED']),
    );
  }

  decide(): Decision {
    if (this.#election.counts === 'first') return this.#decideFirst();
    const required = this.#asked.find((one) => !one.member.optional && this.#errors.has(one));
    if (required) return this.#errors.get(required) as InferError;
    const pending = this.#asked.filter((one) => !this.#answers.has(one) && !this.#errors.has(one));
    if (!this.#isQuorum([...this.#answers.keys(), ...pending])) return this.#notMet();
    const isMet = this.#isQuorum([...this.#answers.keys()]);
    if (pending.some((one) => !one.member.optional || !isMet || !this.#expired.has(one))) return 'wait';
    return this.#agree();
  }

  #decideFirst(): Decision {
    if (this.#answers.size > 0) return 'done';
    const last = [...this.#errors.values()].at(-1);
    if (!last) return this.#asked.length === 0 ? this.#notMet() : 'wait';
    return this.#errors.size === this.#asked.length ? last : 'wait';
  }

  /**
   * Those that differ from what most of the others gave have failed; then it is to be decided again without them. Where no shape is given by
   * more members than any other nobody can tell who is right, so all have failed.
   */
  #agree(): Decision {
    const shapes = Map.groupBy(this.#answers, ([, { tensor }]) => `${tensor.datatype} [${tensor.shape}]`);
    if (shapes.size <= 1 || this.#election.counts === 'joined') return 'done';
    const [[common = '', most = []] = [], [, next = []] = []] = [...shapes].sort(([, a], [, b]) => b.length - a.length);
    for (const [shape, odd] of shapes) {
      if (shape === common && most.length > next.length) continue;
      for (const [one] of odd) {
        this.#answers.delete(one);
        const others = [...shapes.keys()].filter((other) => other !== shape).join(' and ');
        const text = `member ${one.member.name}: it gave ${shape} where others gave ${others}`;
        this.#errors.set(one, new InferError('INTERNAL', text, { reason: 'MEMBER_MISMATCH' }));
      }
    }
    return this.decide();
  }

  #isQuorum(voters: readonly A[]): boolean {
    const { quorum } = this.#election;
    if (voters.length < this.#membersMin) return false;
    if (quorum === undefined) return true;
    if (typeof quorum === 'number') return voters.length >= quorum;
    const among = new Set(voters);
    return reach(
      this.#asked.filter((one) => among.has(one)).map(({ weight }) => weight),
      quorum.weight,
    );
  }

  #notMet(): InferError {
    const { quorum, members } = this.#election;
    const failed = [...this.#errors].map(([{ member }, { code }]) => `${member.name} (${code})`);
    const least = typeof quorum === 'number' ? Math.max(quorum, this.#membersMin) : this.#membersMin;
    const counted = `${least} ${least === 1 ? 'member' : 'members'}`;
    const wanted = typeof quorum === 'object' ? `weight ${quorum.weight} of at least ${counted}` : counted;
    const inTime = [...this.#errors.values()].some(({ code }) => code !== 'DEADLINE_EXCEEDED') || failed.length === 0;
    const why =
      failed.length === 0
        ? `${this.#asked.length} of ${members.length} members have a weight above 0`
        : `failed: ${failed.join(', ')}`;
    return new InferError(
      inTime ? 'UNAVAILABLE' : 'DEADLINE_EXCEEDED',
      `want ${wanted} to answer, got ${this.#answers.size}; ${why}`,
      {
        reason: 'QUORUM_NOT_MET',
        metadata: { wanted, got: String(this.#answers.size), failed: failed.join(', ') },
        retryAfterMs: inTime && failed.length > 0 ? 0 : -1,
      },
    );
  }
}
