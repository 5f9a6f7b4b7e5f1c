import type { Reference, StageSpec } from './spec.ts';
import { readsOf } from './walk.ts';

/** The stages that each stage reads. */
export const dependencies = (stage: StageSpec): string[] => [
  ...new Set(readsOf(stage).flatMap(({ stage: name }) => (name === undefined ? [] : [name]))),
];

/** Stages in an order in which each stands after all that it reads; those on or behind a cycle are left out. */
export function inOrder(stages: readonly StageSpec[]): StageSpec[] {
  const ordered: StageSpec[] = [];
  const done = new Set<string>();
  for (let waiting = [...stages]; waiting.length > 0; ) {
    const ready = waiting.filter((stage) => dependencies(stage).every((name) => done.has(name)));
    if (ready.length === 0) break;
    for (const stage of ready) done.add(stage.name);
    ordered.push(...ready);
    waiting = waiting.filter(({ name }) => !done.has(name));
  }
  return ordered;
}

/** The cycles, one for each knot of stages. Walks without recursion: a document may be as deep as its limit. */
export function findCycles(stages: readonly StageSpec[]): string[][] {
  const ordered = new Set(inOrder(stages).map(({ name }) => name));
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const open = stages.filter(({ name }) => !ordered.has(name));
  const cycles = cyclesOf(
    open.map(({ name }) => name),
    (name) => {
      const stage = byName.get(name);
      return stage ? dependencies(stage).filter((other) => byName.has(other) && !ordered.has(other)) : [];
    },
  );
  // Told in the direction that tensors go, not in which stages name one another.
  return cycles.map((cycle) => cycle.reverse());
}

/** The cycles among `nodes`, following the first of what each leads to; every node leads to a cycle. */
export function cyclesOf<T>(nodes: readonly T[], next: (node: T) => readonly T[]): T[][] {
  const seen = new Set<T>();
  const cycles: T[][] = [];
  for (const start of nodes) {
    const trail: T[] = [];
    let node: T | undefined = start;
    while (node !== undefined && !seen.has(node)) {
      seen.add(node);
      trail.push(node);
      node = next(node)[0];
    }
    // A walk that ends on the trail of an earlier one has found nothing new.
    if (node !== undefined && trail.includes(node)) cycles.push(trail.slice(trail.indexOf(node)));
  }
  return cycles;
}

/** The stages that `wanted` needs, directly or through others. */
export function needed(stages: readonly StageSpec[], wanted: Iterable<Reference>): Set<string> {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const found = new Set<string>();
  const open = [...wanted].flatMap(({ stage }) => (stage === undefined ? [] : [stage]));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const stage = byName.get(name);
    if (!stage || found.has(name)) continue;
    found.add(name);
    open.push(...dependencies(stage));
  }
  return found;
}
