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
  return cyclesOf(
    open.map(({ name }) => name),
    (name) => {
      const stage = byName.get(name);
      return stage ? dependencies(stage).filter((other) => byName.has(other) && !ordered.has(other)) : [];
    },
  );
}

/** The cycles among `names`, following the first of what each leads to; every name leads to a cycle. */
export function cyclesOf(names: readonly string[], next: (name: string) => readonly string[]): string[][] {
  const seen = new Set<string>();
  const cycles: string[][] = [];
  for (const start of names) {
    const trail: string[] = [];
    let name: string | undefined = start;
    while (name !== undefined && !seen.has(name)) {
      seen.add(name);
      trail.push(name);
      name = next(name)[0];
    }
    // A walk that ends on the trail of an earlier one has found nothing new.
    if (name !== undefined && trail.includes(name)) cycles.push(trail.slice(trail.indexOf(name)).reverse());
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
