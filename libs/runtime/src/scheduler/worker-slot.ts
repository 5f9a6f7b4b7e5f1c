import type { Cost } from './cost-line.ts';
import type { BatchWorker } from './scheduler-options.ts';

export interface SlotBatch {
  readonly rows: number;
}

/** A worker, and what it was given: the batch that runs, and at most one behind it. */
export class WorkerSlot<Batch extends SlotBatch> {
  readonly worker: BatchWorker;
  readonly batches: Batch[] = [];
  onEmpty: () => void = () => {};
  /** When the batch that runs was begun. */
  #since = 0;

  constructor(worker: BatchWorker) {
    this.worker = worker;
  }

  begin(batch: Batch, now: number): void {
    if (this.batches.length === 0) this.#since = now;
    this.batches.push(batch);
  }

  /** Answers how long the batch has had the worker, the way to its thread and back included. */
  end(batch: Batch, now: number): number {
    const tookMs = now - this.#since;
    this.#since = now;
    this.batches.splice(this.batches.indexOf(batch), 1);
    if (this.batches.length === 0) this.onEmpty();
    return tookMs;
  }

  /** How long it is busy yet; 0 is free. A run that is late already is taken to be as late again. */
  busyMs({ fixedMs, rowMs }: Cost, now: number): number {
    const [running, ...behind] = this.batches.map(({ rows }) => fixedMs + rowMs * rows);
    if (running === undefined) return 0;
    const ranMs = now - this.#since;
    return Math.max(Number.MIN_VALUE, Math.abs(running - ranMs)) + behind.reduce((total, ms) => total + ms, 0);
  }
}
