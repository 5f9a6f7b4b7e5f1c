/** Looks at the generation that a batch has made, and has it served, or leaves it for somebody to decide. */
import { decodeBatchSpec } from '@sheaf/batch';
import type { BatchRecord, CurrentGeneration } from '@sheaf/jobs';
import type { Perform } from '../lane/lane.ts';
import { batchOf } from './chunk.ts';
import type { WorkPorts } from './ports.ts';
import { validate } from './validate.ts';

export function finishJobs({ work: { predictions } }: Pick<WorkPorts, 'work'>): Perform {
  return async ({ lease, signal }) => {
    const batch = batchOf(lease);
    const { validation, keep, hold = false } = decodeBatchSpec(batch.spec);
    const current = await predictions.current(batch.collection);
    const { report, problem } = await validate({ batch, current, validation, predictions, signal });
    const why = problem ?? newerOf(batch, current) ?? (hold ? 'it is to wait for somebody who promotes it' : undefined);
    const told = JSON.stringify(report);
    if (why !== undefined) return { kind: 'finish', commit: { kind: 'hold', why, report: told } };
    return { kind: 'finish', commit: { kind: 'promote', expectedEpoch: current?.epoch ?? 0, report: told, keep } };
  };
}

/** A batch that was begun earlier and ends later does not take the place of what is newer. */
const newerOf = ({ generation }: BatchRecord, current: CurrentGeneration | undefined): string | undefined =>
  current && current.number > generation
    ? `generation ${current.number}, which was begun later, is served already`
    : undefined;
