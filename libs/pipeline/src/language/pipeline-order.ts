import { cyclesOf } from './graph.ts';
import type { PipelineSpec } from './spec.ts';
import { type pipelineFinder, pipelinesAsked } from './walk.ts';

export type Find = ReturnType<typeof pipelineFinder>;

export interface PipelineOrder {
  /** Each after all that it asks; then those on a cycle or behind one. */
  readonly ordered: readonly PipelineSpec[];
  /** How many stand in one another down from it, itself counted; of those that are on no cycle nor behind one. */
  readonly depths: ReadonlyMap<PipelineSpec, number>;
  readonly cycles: readonly (readonly PipelineSpec[])[];
}

/** Looks at each pipeline and each of its dependencies once, without recursion: a folder may hold a chain of thousands. */
export function orderPipelines(specs: readonly PipelineSpec[], find: Find): PipelineOrder {
  const asked = new Map(
    specs.map((spec) => [spec, new Set(pipelinesAsked(spec).flatMap((named) => find(named) ?? []))]),
  );
  const dependents = new Map<PipelineSpec, PipelineSpec[]>(specs.map((spec) => [spec, []]));
  for (const [spec, others] of asked) for (const other of others) dependents.get(other)?.push(spec);
  const waitsFor = new Map(specs.map((spec) => [spec, asked.get(spec)?.size ?? 0]));
  const ordered = specs.filter((spec) => waitsFor.get(spec) === 0);
  const depths = new Map<PipelineSpec, number>();
  // Grows as it is walked.
  for (const spec of ordered) {
    depths.set(spec, 1 + Math.max(0, ...[...(asked.get(spec) ?? [])].map((other) => depths.get(other) ?? 0)));
    for (const dependent of dependents.get(spec) ?? []) {
      const left = (waitsFor.get(dependent) ?? 0) - 1;
      waitsFor.set(dependent, left);
      if (left === 0) ordered.push(dependent);
    }
  }
  const knotted = specs.filter((spec) => !depths.has(spec));
  const cycles = cyclesOf(knotted, (spec) => [...(asked.get(spec) ?? [])].filter((other) => !depths.has(other)));
  return { ordered: [...ordered, ...knotted], depths, cycles };
}
