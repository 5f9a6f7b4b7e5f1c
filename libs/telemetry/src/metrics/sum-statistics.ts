/** The statistics of one version that several processes hold, as one. */
import type { ModelStatistics } from '@sheaf/transport';

type Duration = NonNullable<NonNullable<ModelStatistics['inferenceStats']>['success']>;

const sumOf = (values: readonly (unknown | undefined)[]): number =>
  values.reduce((total: number, value) => total + Number(value ?? 0), 0);

const durationOf = (durations: readonly (Duration | null | undefined)[]) => ({
  count: sumOf(durations.map((one) => one?.count)),
  ns: sumOf(durations.map((one) => one?.ns)),
});

const kinds = [
  'success',
  'fail',
  'queue',
  'computeInput',
  'computeInfer',
  'computeOutput',
  'cacheHit',
  'cacheMiss',
] as const;

/** Throws for none. */
export function sumStatistics(all: readonly ModelStatistics[]): ModelStatistics {
  const [first] = all;
  if (!first) throw new Error('want the statistics of at least one process');
  const inferenceStats = Object.fromEntries(
    kinds.map((kind) => [kind, durationOf(all.map((one) => one.inferenceStats?.[kind]))]),
  );
  const sizes = Map.groupBy(
    all.flatMap(({ batchStats }) => batchStats ?? []),
    ({ batchSize }) => Number(batchSize),
  );
  return {
    name: first.name ?? '',
    version: first.version ?? '',
    lastInference: Math.max(...all.map(({ lastInference }) => Number(lastInference ?? 0))),
    inferenceCount: sumOf(all.map(({ inferenceCount }) => inferenceCount)),
    executionCount: sumOf(all.map(({ executionCount }) => executionCount)),
    inferenceStats,
    batchStats: [...sizes]
      .sort(([one], [another]) => one - another)
      .map(([batchSize, own]) => ({
        batchSize,
        computeInput: durationOf(own.map((one) => one.computeInput)),
        computeInfer: durationOf(own.map((one) => one.computeInfer)),
        computeOutput: durationOf(own.map((one) => one.computeOutput)),
      })),
  };
}
