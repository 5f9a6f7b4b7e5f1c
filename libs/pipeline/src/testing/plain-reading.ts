/** What a pipeline means, written down as plainly as can be, for tests: no promises, no cancelling; only when each step ends, and with what. */

/** How a model behaves whenever it is asked. */
export interface Behaviour {
  readonly delayMs: number;
  readonly adds: number;
  /** The code that it fails with. */
  readonly fails?: string;
}

/** A step of a pipeline document, over one vector called x, giving one called y. */
export type DocumentStep = { readonly timeout?: string; readonly optional?: boolean } & (
  | { readonly model: string }
  | {
      readonly ensemble: Readonly<
        Record<string, DocumentStep & { readonly weight?: number; readonly softTimeout?: string }>
      >;
      readonly combine: { readonly 'weighted-mean'?: 'y'; readonly median?: 'y'; readonly first?: 'y' };
      readonly quorum?: number;
    }
  | { readonly switch: readonly (DocumentStep & { readonly when?: string })[] }
  | { readonly each: DocumentStep; readonly over: 'x' }
  | { readonly fallback: readonly DocumentStep[] }
);

export type Outcome = { readonly at: number } & (
  | { readonly values: readonly number[]; readonly versions: readonly string[] }
  | { readonly code: string }
);
/** A stage may also have been left out. */
export type StageOutcome = Outcome | { readonly at: number; readonly absent: true };

const ms = (duration: string): number => Number.parseFloat(duration);

export class Reference {
  readonly #models: Readonly<Record<string, Behaviour>>;

  constructor(models: Readonly<Record<string, Behaviour>>) {
    this.#models = models;
  }

  /** A step of the graph: it does not run over what was not computed, and when it is optional its failure is no more than that. */
  stage(
    step: DocumentStep,
    where: string,
    x: readonly number[] | undefined,
    start: number,
    deadline: number,
  ): StageOutcome {
    if (!x) return { at: start, absent: true };
    if (!step.optional) return this.run(step, where, x, start, deadline);
    const outcome = this.run(step, where, x, start, inTime(deadline, start));
    return 'code' in outcome ? { at: outcome.at, absent: true } : outcome;
  }

  run(step: DocumentStep, where: string, x: readonly number[], start: number, deadline: number): Outcome {
    const limit = step.timeout === undefined ? deadline : Math.min(deadline, start + ms(step.timeout));
    const outcome = this.#kind(step, where, x, start, limit);
    return outcome.at < limit ? outcome : { at: limit, code: 'DEADLINE_EXCEEDED' };
  }

  #kind(step: DocumentStep, where: string, x: readonly number[], start: number, deadline: number): Outcome {
    if ('model' in step) {
      const { delayMs, adds, fails } = this.#models[step.model] as Behaviour;
      const at = start + delayMs;
      return fails === undefined
        ? { at, values: x.map((v) => Math.fround(v + adds)), versions: [`${where}=${step.model}/1`] }
        : { at, code: fails };
    }
    if ('switch' in step) {
      // Conditions of the test's documents are about the size of the pipeline's input, written as a number.
      const index = step.switch.findIndex(({ when }) => when === undefined || when === 'true');
      const branch = step.switch[index];
      return branch
        ? this.run(branch, `${where}.${nameOf(branch, index)}`, x, start, deadline)
        : { at: start, values: [], versions: [] };
    }
    if ('fallback' in step) {
      let last: Outcome = { at: start, code: '' };
      for (const [index, other] of step.fallback.entries()) {
        const later = step.fallback.length - index - 1;
        const until =
          later === 0 ? deadline : spared(deadline, last.at, later * Math.max(5, 0.2 * (deadline - last.at)));
        last = this.run(other, `${where}.${nameOf(other, index)}`, x, last.at, until);
        if ('values' in last || last.at >= deadline) return last;
      }
      return last;
    }
    if ('each' in step) {
      const parts = x.map((value) => this.run(step.each, where, [value], start, deadline));
      const failed = parts.filter((part) => 'code' in part).toSorted((a, b) => a.at - b.at);
      if (failed[0]) return failed[0];
      const good = parts.flatMap((part) => ('values' in part ? [part] : []));
      const versions = [...new Set(good.flatMap((part) => part.versions))];
      return {
        at: Math.max(start, ...parts.map(({ at }) => at)),
        values: good.flatMap((part) => part.values),
        versions,
      };
    }
    return this.#ensemble(step, where, x, start, deadline);
  }

  #ensemble(
    step: Extract<DocumentStep, { ensemble: unknown }>,
    where: string,
    x: readonly number[],
    start: number,
    deadline: number,
  ): Outcome {
    const members = Object.entries(step.ensemble)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => {
        const optional = member.optional ?? step.quorum !== undefined;
        return {
          weight: member.weight ?? 1,
          optional,
          softAt: member.softTimeout === undefined ? Number.POSITIVE_INFINITY : start + ms(member.softTimeout),
          outcome: this.run(member, `${where}.${name}`, x, start, optional ? inTime(deadline, start) : deadline),
        };
      });
    const want = step.combine.first ? 1 : (step.quorum ?? 1);
    // It can only be decided when something happens: a member ends, or is not waited for any longer.
    const moments = [...new Set(members.flatMap(({ outcome, softAt }) => [outcome.at, softAt]))]
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    for (const now of moments) {
      const ended = members.filter(({ outcome }) => outcome.at <= now);
      const good = ended.filter(({ outcome }) => 'values' in outcome);
      const pending = members.filter((member) => !ended.includes(member));
      const failed = ended.filter((member) => !good.includes(member)).sort((a, b) => a.outcome.at - b.outcome.at);
      if (step.combine.first) {
        if (good[0]) return { ...combined(good, 'first'), at: now };
        if (pending.length === 0) return { ...(failed.at(-1)?.outcome as Outcome), at: now };
        continue;
      }
      const required = failed.find(({ optional }) => !optional);
      if (required) return { ...required.outcome, at: now };
      if (good.length + pending.length < want) {
        const refused = failed.some(({ outcome }) => 'code' in outcome && outcome.code !== 'DEADLINE_EXCEEDED');
        return { at: now, code: refused ? 'UNAVAILABLE' : 'DEADLINE_EXCEEDED' };
      }
      const waits = pending.some(({ optional, softAt }) => !optional || good.length < want || softAt > now);
      if (!waits) return { ...combined(good, step.combine.median ? 'median' : 'mean'), at: now };
    }
    throw new Error('an ensemble without a member');
  }
}

/** Until when something may take that the answer can do without, or that another may follow: at least half of what there is. */
const spared = (deadline: number, now: number, reserved: number): number =>
  Math.max(deadline - reserved, (deadline + now) / 2);

const inTime = (deadline: number, now: number): number => spared(deadline, now, Math.max(5, 0.05 * (deadline - now)));

function combined(good: readonly { weight: number; outcome: Outcome }[], how: 'mean' | 'median' | 'first') {
  const votes = good.flatMap(({ weight, outcome }) => ('values' in outcome ? [{ weight, ...outcome }] : []));
  const total = votes.reduce((sum, { weight }) => sum + weight, 0);
  const used = how === 'first' ? votes.slice(0, 1) : votes;
  const values = (used[0]?.values ?? []).map((_, index) => {
    const all = used.map((vote) => vote.values[index] ?? Number.NaN);
    if (how === 'mean')
      return Math.fround(used.reduce((sum, { weight }, n) => sum + weight * (all[n] ?? 0), 0) / total);
    const sorted = all.toSorted((a, b) => a - b);
    return Math.fround(((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2);
  });
  return { values, versions: used.flatMap(({ versions }) => versions) };
}

const nameOf = (step: DocumentStep, index: number): string => ('model' in step ? step.model : String(index + 1));
