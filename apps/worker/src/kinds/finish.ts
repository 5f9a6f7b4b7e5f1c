/** Looks at the generation that a batch has made, and has it served, or leaves it for somebody to decide. */
import { decodeBatchSpec } from '@sheaf/batch';
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
    const why = problem ?? (hold ? 'it is to wait for somebody who promotes it' : undefined);
    const told = JSON.stringify(report);
    if (why !== undefined) return { kind: 'finish', commit: { kind: 'hold', why, report: told } };
    return { kind: 'finish', commit: { kind: 'promote', expectedEpoch: current?.epoch ?? 0, report: told, keep } };
  };
}
