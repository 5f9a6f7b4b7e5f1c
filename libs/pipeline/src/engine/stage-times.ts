import type { CallContext } from '@sheaf/inference';
import { LatencyTracker } from '@sheaf/routing';
import { Backlog } from './backlog.ts';

/** How long each stage usually takes, and what the stages have to do yet. It belongs to one version of one pipeline over one set of models. */
export class StageTimes extends LatencyTracker {
  readonly backlog = new Backlog();
}

/** Answers the times of the versions that a call gets: others may take longer. */
export type LatencyOf = (context: CallContext) => StageTimes;

/** Where a call always gets the same. */
export function oneLatency(): LatencyOf {
  const times = new StageTimes();
  return () => times;
}
