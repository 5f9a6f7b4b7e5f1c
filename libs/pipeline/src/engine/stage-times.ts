import { LatencyTracker } from '@sheaf/routing';
import { Backlog } from './backlog.ts';

/** How long each stage usually takes, and what the stages have to do yet. It belongs to one version of one pipeline over one set of models. */
export class StageTimes extends LatencyTracker {
  readonly backlog = new Backlog();
}
