/** A worker for the tests of the scheduler. */
import { elements, InferError, type Tensor } from '@sheaf/inference';
import type { BatchWorker } from '../scheduler/scheduler-options.ts';
import { packTensor, unpackTensor } from '../tasks/packed-tensor.ts';
import type { TensorTask } from '../tasks/task-thread.ts';

/** Gives back what it gets, when it is told to; remembers what it was given. */
export class FakeWorker implements BatchWorker {
  readonly runs: TensorTask[] = [];
  cancelled = 0;
  /** Runs that it was given, whether they have begun or not. */
  taken = 0;
  #finish: (() => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** What a run of so many rows is said to have taken. */
  msOf: (rows: number) => number = () => 1;
  /** A run that holds this value fails. */
  poison: number | undefined;

  run(task: TensorTask) {
    this.taken++;
    const run = this.#last.then(() => this.#run(task));
    this.#last = run.catch(() => {});
    return run;
  }

  async #run(task: TensorTask) {
    this.runs.push(task);
    await new Promise<void>((resolve) => (this.#finish = resolve));
    const values = valuesOf(unpackTensor(task.inputs[0] as never));
    if (this.poison !== undefined && values.includes(this.poison))
      throw new InferError('INVALID_ARGUMENT', 'the model failed on these inputs');
    const result = task.inputs.map((input) => ({ ...packTensor(unpackTensor(input)), name: 'y' }));
    return { result, ms: this.msOf(values.length) };
  }

  cancel(): void {
    this.cancelled++;
  }

  async close(): Promise<void> {}

  async finish(): Promise<void> {
    this.#finish?.();
    await turn();
  }

  /** The values of each run so far. */
  get given(): number[][] {
    return this.runs.map(({ inputs }) => valuesOf(unpackTensor(inputs[0] as never)));
  }
}

/** Long enough for what is due at once. */
export const turn = async (): Promise<void> => {
  for (let times = 0; times < 5; times++) await new Promise(setImmediate);
};

export const valuesOf = (tensor: Tensor): number[] => Array.from(elements({ ...tensor, datatype: 'FP32' as const }));
