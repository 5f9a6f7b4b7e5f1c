import type { LatencyTracker } from '@sheaf/routing';
import { dependencies, inOrder, needed } from '../language/graph.ts';
import type { Reference, StageSpec } from '../language/spec.ts';
import { readsOf } from '../language/walk.ts';
import type { CheckedPipeline } from '../types/checked-pipeline.ts';
import type { Ahead } from './backlog.ts';

interface PlannedStage {
  /** Outputs that a stage, an expression, a rule or the caller reads. */
  readonly wanted: readonly string[];
  /** Stages that have to end before. */
  readonly after: readonly string[];
  /** Stages that wait for it. */
  readonly before: readonly string[];
}

/** What one set of wanted outputs asks of the graph. */
export interface ExecutionPlan {
  /** Outputs that the caller wants. */
  readonly outputs: readonly string[];
  /** Those, and what the rules read. */
  readonly references: ReadonlyMap<string, Reference>;
  /** Stages that have to run, in an order in which each stands after what it reads. */
  readonly stages: ReadonlyMap<string, PlannedStage>;
  /** The same, as a forecast looks at them. */
  readonly ahead: readonly Ahead[];
  /** How long what comes after a stage usually takes; 0 while that is not known. */
  reservedMs(stage: string, latency: LatencyTracker, now: number): number;
  /** What usually takes longest of the stages that cannot be done without, one after the other. */
  criticalPath(latency: LatencyTracker, now: number): CriticalPath;
}

export interface CriticalPath {
  /** 0 while nothing is known. */
  readonly ms: number;
  /** The one on it that takes most. */
  readonly slowest: string;
}

/** Sets of outputs remembered; a caller may ask for any. */
const rememberedMax = 64;

/** Works out each plan once. */
export class ExecutionPlans {
  readonly #checked: CheckedPipeline;
  readonly #known = new Map<string, ExecutionPlan>();
  readonly #everything: ExecutionPlan;

  constructor(checked: CheckedPipeline) {
    this.#checked = checked;
    this.#everything = this.#create([...checked.spec.outputs.keys()]);
  }

  /** Of these outputs; of all when none is named. */
  getOrCreate(outputs: readonly string[]): ExecutionPlan {
    if (outputs.length === 0) return this.#everything;
    const key = JSON.stringify(outputs);
    const plan = this.#known.get(key) ?? this.#create(outputs);
    if (this.#known.size < rememberedMax) this.#known.set(key, plan);
    return plan;
  }

  #create(outputs: readonly string[]): ExecutionPlan {
    const { spec, readByRules } = this.#checked;
    const names = new Set([...outputs, ...readByRules]);
    const references = new Map([...spec.outputs].filter(([name]) => names.has(name)));
    const active = needed(spec.stages, references.values());
    const stages = spec.stages.filter(({ name }) => active.has(name));
    const reads = [...references.values(), ...stages.flatMap(readsOf)];
    const planned = new Map(
      stages.map((stage): [string, PlannedStage] => {
        const wanted = reads.flatMap(({ stage: from, name }) => (from === stage.name ? [name] : []));
        const before = stages.filter((other) => dependencies(other).includes(stage.name)).map(({ name }) => name);
        return [stage.name, { wanted: [...new Set(wanted)], after: dependencies(stage), before }];
      }),
    );
    const ordered = inOrder(stages);
    return {
      outputs,
      references,
      stages: planned,
      ahead: ordered.map(({ name, optional }) => ({ name, optional, after: planned.get(name)?.after ?? [] })),
      reservedMs: createReserve(ordered, planned),
      criticalPath: (latency, now) => criticalPath(ordered, planned, latency, now),
    };
  }
}

/** The longest path behind each stage is worked out at most so often. */
const refreshMs = 1_000;

function createReserve(
  ordered: readonly StageSpec[],
  planned: ReadonlyMap<string, PlannedStage>,
): ExecutionPlan['reservedMs'] {
  const longest = new Map<string, number>();
  let workedOutAt = Number.NEGATIVE_INFINITY;
  return (stage, latency, now) => {
    if (now - workedOutAt >= refreshMs) {
      workedOutAt = now;
      for (const { name } of ordered.toReversed()) {
        const behind = (planned.get(name)?.before ?? []).map(
          (next) => (latency.usualMs(next, now) ?? 0) + (longest.get(next) ?? 0),
        );
        longest.set(name, Math.max(0, ...behind));
      }
    }
    return longest.get(stage) ?? 0;
  };
}

interface Way extends CriticalPath {
  readonly slowestMs: number;
}

const noWay: Way = { ms: 0, slowest: '', slowestMs: 0 };

function criticalPath(
  ordered: readonly StageSpec[],
  planned: ReadonlyMap<string, PlannedStage>,
  latency: LatencyTracker,
  now: number,
): CriticalPath {
  const ways = new Map<string, Way>();
  const longestOf = (names: Iterable<string>): Way => {
    let longest = noWay;
    for (const name of names) {
      const way = ways.get(name);
      if (way && way.ms > longest.ms) longest = way;
    }
    return longest;
  };
  for (const { name, optional } of ordered) {
    const before = longestOf(planned.get(name)?.after ?? []);
    const own = optional ? 0 : (latency.usualMs(name, now) ?? 0);
    const slowest = own > before.slowestMs ? { slowest: name, slowestMs: own } : before;
    ways.set(name, { ...slowest, ms: before.ms + own });
  }
  return longestOf(ways.keys());
}
