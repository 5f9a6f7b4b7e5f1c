/** What was seen of a rollout since its shares last changed: counters that only grow, so that those of several gateways are added. */

import { type Example, worstOf } from './examples.ts';
import { addBins, type Bins } from './histogram.ts';

/** Values between 0 and 1: how many there were, and their sum. */
export interface Mean {
  count: number;
  sum: number;
}

/** The calls that one version had. Counted in place. */
export interface ArmEvidence {
  /** That were answered, or failed. One whose caller left is neither. */
  calls: number;
  failed: number;
  /** In which a rule acted. */
  ruled: number;
  /** How long answers took. */
  readonly latency: Bins;
  /** Losses of predictions whose outcome is known by now. */
  readonly loss: Mean;
}

/** The differences of one output, over the answers that were compared. */
export interface OutputEvidence {
  /** Answers that had it. */
  compared: number;
  /** Of these, where it was the same. */
  agreed: number;
  /** How far apart the two numbers of it were that were furthest apart, in each answer. */
  readonly differences: Bins;
}

/** The copies that one version had as a shadow, held against what their callers were answered. Counted in place. */
export interface ShadowEvidence {
  compared: number;
  agreed: number;
  /** Which failed, where the caller was answered. */
  failed: number;
  /** In which a rule came out otherwise. */
  rulesChanged: number;
  /** How long they took, and the answers that they were compared with. */
  readonly latency: Bins;
  readonly championLatency: Bins;
  /** Wanted, and not made: too many under way, or too much to do. */
  skipped: number;
  readonly outputs: Record<string, OutputEvidence>;
  /** Rules that came out otherwise, by name. */
  readonly rules: Record<string, number>;
  /** The worst first. */
  examples: readonly Example[];
}

/** By version. */
export interface Evidence {
  readonly arms: Record<string, ArmEvidence>;
  readonly shadows: Record<string, ShadowEvidence>;
}

/** Outputs and rules that are told apart; what comes later is left out. */
export const namesMax = 64;

export const noArm = (): ArmEvidence => ({
  calls: 0,
  failed: 0,
  ruled: 0,
  latency: [],
  loss: { count: 0, sum: 0 },
});

export const noShadow = (): ShadowEvidence => ({
  compared: 0,
  agreed: 0,
  failed: 0,
  rulesChanged: 0,
  latency: [],
  championLatency: [],
  skipped: 0,
  outputs: record(),
  rules: record(),
  examples: [],
});

export const noEvidence = (): Evidence => ({ arms: record(), shadows: record() });

/** Without what objects have by nature: names come from model files. */
const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

/** What belongs to `name`, made when it is not there; undefined where there are too many. */
export function entryOf<T>(entries: Record<string, T>, name: string, create: () => T): T | undefined {
  const known = entries[name];
  if (known !== undefined) return known;
  if (Object.keys(entries).length >= namesMax) return undefined;
  const made = create();
  entries[name] = made;
  return made;
}

/** All of it together. Each source is given once. */
export const sumEvidence = (all: readonly Evidence[]): Evidence => ({
  arms: merged(
    all.map(({ arms }) => arms),
    addArms,
  ),
  shadows: merged(
    all.map(({ shadows }) => shadows),
    addShadows,
  ),
});

function merged<T>(all: readonly Readonly<Record<string, T>>[], add: (a: T, b: T) => T): Record<string, T> {
  const sums = record<T>();
  for (const one of all)
    for (const [name, value] of Object.entries(one)) {
      const known = sums[name];
      sums[name] = known === undefined ? value : add(known, value);
    }
  return sums;
}

const addArms = (a: ArmEvidence, b: ArmEvidence): ArmEvidence => ({
  calls: a.calls + b.calls,
  failed: a.failed + b.failed,
  ruled: a.ruled + b.ruled,
  latency: addBins(a.latency, b.latency),
  loss: { count: a.loss.count + b.loss.count, sum: a.loss.sum + b.loss.sum },
});

const addShadows = (a: ShadowEvidence, b: ShadowEvidence): ShadowEvidence => ({
  compared: a.compared + b.compared,
  agreed: a.agreed + b.agreed,
  failed: a.failed + b.failed,
  rulesChanged: a.rulesChanged + b.rulesChanged,
  latency: addBins(a.latency, b.latency),
  championLatency: addBins(a.championLatency, b.championLatency),
  skipped: a.skipped + b.skipped,
  outputs: merged([a.outputs, b.outputs], addOutputs),
  rules: merged([a.rules, b.rules], (one, other) => one + other),
  examples: worstOf([...a.examples, ...b.examples]),
});

const addOutputs = (a: OutputEvidence, b: OutputEvidence): OutputEvidence => ({
  compared: a.compared + b.compared,
  agreed: a.agreed + b.agreed,
  differences: addBins(a.differences, b.differences),
});
