/** Asks for the rows of one chunk of a batch; its predictions and that it is done are one commit. */

import { type ChunkRange, compileMapping, decodeBatchSpec, openInput, runChunk } from '@sheaf/batch';
import { asInferError, type CallSignal, InferError, innerLimits } from '@sheaf/inference';
import type { BatchRecord, Lease } from '@sheaf/jobs';
import type { Perform } from '../lane/lane.ts';
import { type TracedWork, traceWork } from './ask-context.ts';
import { ofPinned, timeLeft } from './infer.ts';
import type { WorkPorts } from './ports.ts';

export function chunkJobs(ports: WorkPorts): Perform {
  const { gateways, pace, contents, tracing } = ports;
  return async ({ lease, signal, tell }) => {
    const { job } = lease;
    const { subject, version, spec } = batchOf(lease);
    const { input: from, mapping: wanted, requestRows } = decodeBatchSpec(spec);
    const range = JSON.parse(Buffer.from(await contents.read(lease.payload)).toString()) as ChunkRange;
    const traced = traceWork(job, signal, tracing);
    try {
      await using input = closing(await openInput(from));
      const mapping = compileMapping(wanted, await gateways.describe(subject, version), input);
      let [done, failed] = [0, 0];
      const { rows, errors } = await runChunk({
        ...{ input, range, mapping, requestRowsMax: requestRows },
        ask: (content) => pace.run(() => ask(ports, lease, traced, content), signal),
        inFlightMax: () => pace.places,
        signal: abortSignalOf(signal),
        isLastTry: job.attempt >= job.attemptsMax,
        onRows: (more, wrong) => {
          done += more;
          failed += wrong;
          tell({ done, failed, total: range.rows });
        },
      });
      traced.end('OK');
      return { kind: 'chunk', commit: { rows, errors } };
    } catch (thrown) {
      const error = ofPinned(asInferError(thrown), { subject, version });
      traced.end(error.code, error.message);
      throw error;
    }
  };
}

function ask(
  { gateways, task }: WorkPorts,
  lease: Lease,
  traced: TracedWork,
  content: Parameters<Parameters<typeof runChunk>[0]['ask']>[0],
): ReturnType<WorkPorts['gateways']['infer']> {
  const { subject, version } = batchOf(lease);
  const timeoutMs = timeLeft(lease.job, innerLimits(task.limits).deadlineMaxMs);
  return gateways.infer({ ...content, model: subject, version }, traced.context(timeoutMs));
}

/** The batch of a job that is part of one. */
export function batchOf({ batch, job }: Lease): BatchRecord {
  if (batch) return batch;
  throw new InferError('INTERNAL', `the job ${job.id} is of a batch that is not there`);
}

/** What of the platform listens to. */
export function abortSignalOf(signal: CallSignal): AbortSignal {
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}

/** Closed at the end of its block. */
export const closing = <T extends { close(): Promise<void> }>(opened: T): T & AsyncDisposable =>
  Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() });
