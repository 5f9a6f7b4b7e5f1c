/** The statistics of one version of a model, as the protocol's extension has them: sums that only grow. */
import type { ModelStatistics } from '@sheaf/transport';

/** One run of a model. Milliseconds. */
export interface RunTimes {
  readonly rows: number;
  readonly requests: number;
  readonly inputMs: number;
  readonly inferMs: number;
  readonly outputMs: number;
  readonly isFailed: boolean;
}

/** Times of a request that was answered. Milliseconds. */
export interface AnsweredTimes {
  readonly requestMs: number;
  readonly queueMs: number;
  readonly inputMs: number;
  readonly inferMs: number;
  readonly outputMs: number;
}

export interface VersionStatistics {
  answered(times: AnsweredTimes): void;
  failed(tookMs: number): void;
  run(run: RunTimes): void;
  told(): ModelStatistics;
}

/** Sizes of runs that are told apart; a run of more rows counts as one of so many. */
const batchSizesMax = 1_024;

interface Sum {
  count: number;
  ms: number;
}

const sum = (): Sum => ({ count: 0, ms: 0 });

const add = (to: Sum, ms: number): void => {
  to.count++;
  to.ms += ms;
};

const duration = ({ count, ms }: Sum) => ({ count, ns: Math.round(ms * 1e6) });

interface OfSize {
  readonly input: Sum;
  readonly infer: Sum;
  readonly output: Sum;
}

export function createVersionStatistics(name: string, version: string): VersionStatistics {
  const [success, fail, queue, input, infer, output] = [sum(), sum(), sum(), sum(), sum(), sum()];
  const sizes = new Map<number, OfSize>();
  let [inferences, executions, lastMs] = [0, 0, 0];
  return {
    answered: (times) => {
      lastMs = Date.now();
      add(success, times.requestMs);
      add(queue, times.queueMs);
      add(input, times.inputMs);
      add(infer, times.inferMs);
      add(output, times.outputMs);
    },
    failed: (tookMs) => add(fail, tookMs),
    run: ({ rows, inputMs, inferMs, outputMs, isFailed }) => {
      executions++;
      if (isFailed) return;
      inferences += rows;
      const size = Math.min(rows, batchSizesMax);
      const own = sizes.get(size) ?? { input: sum(), infer: sum(), output: sum() };
      sizes.set(size, own);
      add(own.input, inputMs);
      add(own.infer, inferMs);
      add(own.output, outputMs);
    },
    told: () => ({
      name,
      version,
      lastInference: lastMs,
      inferenceCount: inferences,
      executionCount: executions,
      inferenceStats: {
        success: duration(success),
        fail: duration(fail),
        queue: duration(queue),
        computeInput: duration(input),
        computeInfer: duration(infer),
        computeOutput: duration(output),
        cacheHit: duration(sum()),
        cacheMiss: duration(sum()),
      },
      batchStats: [...sizes]
        .sort(([one], [another]) => one - another)
        .map(([batchSize, own]) => ({
          batchSize,
          computeInput: duration(own.input),
          computeInfer: duration(own.infer),
          computeOutput: duration(own.output),
        })),
    }),
  };
}
