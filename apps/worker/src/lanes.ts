/** What a worker does at the same time: each kind of work has a lane of its own, so that none waits for another. */
import { log, monotonicClock } from '@sheaf/inference';
import type { JobChange, Lease, Outcome } from '@sheaf/jobs';
import { createSecret } from '@sheaf/transport';
import { callbackJobs } from './kinds/callback.ts';
import { chunkJobs } from './kinds/chunk.ts';
import { cutJobs } from './kinds/cut.ts';
import { finishJobs } from './kinds/finish.ts';
import { inferJobs } from './kinds/infer.ts';
import type { WorkPorts } from './kinds/ports.ts';
import { createLane, type Lane, type LaneOptions } from './lane/lane.ts';

export interface LanesPorts extends Omit<WorkPorts, 'gateways' | 'pace'> {
  readonly gateways: WorkPorts['gateways'] & { readonly isReady: boolean };
  readonly pace: WorkPorts['pace'];
  readonly worker: string;
  readonly onEnded: NonNullable<LaneOptions['onEnded']>;
}

export interface Lanes {
  /** Looks whether there is something to do. */
  wake(): void;
  /** Takes no more. */
  stop(): void;
  /** Resolves when nothing is under way; what is not done in time is given back. */
  drain(graceMs: number): Promise<void>;
}

/** One is asked while another is committed. */
const chunksAtOnce = 2;
const cutsAtOnce = 2;
/** They wait for others' servers. */
const callbacksAtOnce = 8;
/** What nobody tells of is looked at so often: jobs that wait for their time, and leases of workers that are gone. Milliseconds. */
const lookEveryMs = 2_000;

export function openLanes(ports: LanesPorts): Lanes {
  const { work, gateways, pace, task, worker, onEnded } = ports;
  const { jobs } = work;
  const always = (): boolean => true;
  const asks = (): boolean => gateways.isReady;
  const told = (lease: Lease, outcome: Outcome | 'lost', tookMs: number): void => {
    onEnded(lease, outcome, tookMs);
    tellFailed(lease, outcome);
  };
  const open = (kinds: LaneOptions['kinds'], slots: () => number, isReady: () => boolean): Lane =>
    createLane({ jobs, worker, kinds, slots, isReady, onEnded: told });
  const { callbacks } = task.jobs;
  const secret = callbacks ? createSecret('jobs.callbacks.secret', callbacks.secret) : () => '';
  const lanes = [
    // One more than may be asked: it is there when a place is free.
    open({ infer: inferJobs(ports) }, () => pace.places + 1, asks),
    open({ chunk: chunkJobs(ports) }, () => chunksAtOnce, asks),
    open({ cut: cutJobs(ports), finish: finishJobs(ports) }, () => cutsAtOnce, always),
    open({ callback: callbackJobs({ jobs, callbacks, secret }) }, () => callbacksAtOnce, always),
  ];
  const wake = (): void => {
    for (const lane of lanes) lane.wake();
  };
  const endChanges = jobs.onChange((changes: readonly JobChange[]) => {
    if (changes.some(({ state }) => state === 'queued')) wake();
  });
  let endLook = (): void => {};
  const look = (): void => {
    endLook = monotonicClock.after(lookEveryMs, () => {
      jobs
        .sweep()
        .catch((error: Error) => log('jobs.no-queue', `the jobs cannot be looked at (${error.message})`))
        .finally(() => {
          wake();
          look();
        });
    });
  };
  look();
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    endLook();
    endChanges();
  };
  return {
    wake: () => {
      if (!isOver) wake();
    },
    stop,
    drain: async (graceMs) => {
      stop();
      await Promise.all(lanes.map((lane) => lane.drain(graceMs)));
    },
  };
}

/** Of a job that will not be tried again. */
function tellFailed({ job }: Lease, outcome: Outcome | 'lost'): void {
  if (outcome === 'lost' || outcome.kind !== 'failed') return;
  if (outcome.retryAt !== undefined && job.attempt < job.attemptsMax) return;
  const { code, reason, message } = outcome.error;
  log('jobs.failed', `${job.kind} job ${job.id} of ${job.subject} has failed: ${message}`, {
    ...{ job: job.id, name: job.subject, code, reason, attempt: job.attempt },
  });
}
