/** Asks what a caller has submitted, on its behalf, at the version that was pinned then. */
import { asInferError, InferError, innerLimits } from '@sheaf/inference';
import type { JobRecord } from '@sheaf/jobs';
import { decodeRequest, encodeResponse } from '@sheaf/transport';
import type { Perform } from '../lane/lane.ts';
import { traceWork } from './ask-context.ts';
import type { WorkPorts } from './ports.ts';

/** The result is the encoded ModelInferResponse. */
export function inferJobs({ task, gateways, pace, contents, tracing }: WorkPorts): Perform {
  const limits = innerLimits(task.limits);
  return async ({ lease, signal }) => {
    const { job } = lease;
    const traced = traceWork(job, signal, tracing);
    try {
      const message = await contents.read(lease.payload);
      const { request, typed } = decodeRequest(bufferOf(message), limits);
      const pinned = { ...request, model: job.subject, version: job.version };
      const ask = () => gateways.infer(pinned, traced.context(timeLeft(job, limits.deadlineMaxMs)));
      const response = await pace.run(ask, signal);
      const bytes = encodeResponse({ response, id: request.id ?? '', typed }, 0);
      const result = await contents.keep(bytes);
      traced.end('OK');
      return { kind: 'succeeded', result };
    } catch (thrown) {
      const error = ofPinned(asInferError(thrown), job);
      traced.end(error.code, error.message);
      throw error;
    }
  };
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A try takes as long as any call may, and no longer than the job has. Milliseconds. */
export const timeLeft = ({ deadline }: Pick<JobRecord, 'deadline'>, mostMs: number, now = Date.now()): number =>
  Math.max(0, Math.min(mostMs, deadline === undefined ? mostMs : deadline - now));

/** What was there at submission and is not there any more: whoever submitted has asked for nothing wrong. */
export function ofPinned(error: InferError, { subject, version }: Pick<JobRecord, 'subject' | 'version'>): InferError {
  if (error.code !== 'NOT_FOUND') return error;
  const what = version === '' ? `"${subject}"` : `version ${version} of "${subject}"`;
  const message = `${what} was there when this was submitted, and is not served any more`;
  return new InferError('FAILED_PRECONDITION', message, {
    reason: 'VERSION_NOT_SERVED',
    about: { kind: 'precondition', type: 'MODEL_STATE', subject: version === '' ? subject : `${subject}/${version}` },
    cause: error,
  });
}
