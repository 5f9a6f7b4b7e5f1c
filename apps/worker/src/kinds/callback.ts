/** Tells a URL that a job has ended, as Standard Webhooks has it. */
import { log } from '@sheaf/inference';
import { isAllowedHost, isEnd, type JobRecord, type JobStore, type Outcome } from '@sheaf/jobs';
import type { Callbacks } from '@sheaf/mesh';
import { type PostPorts, postWebhook, signWebhook } from '@sheaf/registry';
import type { Perform } from '../lane/lane.ts';

export interface CallbackPorts {
  readonly jobs: Pick<JobStore, 'get'>;
  /** Who may be told. Undefined: nobody. */
  readonly callbacks: Callbacks | undefined;
  /** What they are signed with. Throws where that cannot be read. */
  readonly secret: () => string;
  readonly post?: PostPorts;
  /** Wall-clock milliseconds. Default: those of this machine. */
  readonly now?: () => number;
  /** Default: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, and then 6 h each. In milliseconds. */
  readonly retryMs?: readonly number[];
}

const retryDefault = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600].map((seconds) => seconds * 1_000);

/** As the store writes it for a job that wants one. */
interface Payload {
  readonly job: string;
  readonly url: string;
}

export function callbackJobs(ports: CallbackPorts): Perform {
  const { jobs, callbacks, secret, now = Date.now, retryMs = retryDefault } = ports;
  return async ({ lease: { job, payload } }) => {
    const { job: id, url } = JSON.parse(Buffer.from(payload as Uint8Array).toString()) as Payload;
    const ended = await jobs.get(id);
    // It was removed since, and with it whatever there was to tell; or it is tried again, and its next end will be told.
    if (!ended || !isEnd(ended.state)) return { kind: 'succeeded' };
    const { host, hostname } = new URL(url);
    if (!callbacks || !isAllowedHost(callbacks, { hostname }))
      return refused(
        'PERMISSION_DENIED',
        'CALLBACK_NOT_ALLOWED',
        `jobs.callbacks.hosts of mesh.yaml does not have ${hostname}`,
      );
    try {
      const body = bodyOf(ended);
      // A job may end more than once, since it may be tried again: each end is news of its own.
      const headers = signWebhook(secret(), `msg_${job.id}`, Math.floor(now() / 1_000), body);
      await postWebhook({ url, body, isPrivate: callbacks.isPrivate, headers: { ...headers } }, ports.post);
      return { kind: 'succeeded' };
    } catch (error) {
      const why = (error as Error).message;
      if (job.attempt >= job.attemptsMax)
        log('jobs.callback-given-up', `${host} was not told of the end of a job: ${why}`, { job: id });
      const waitMs = retryMs[Math.min(job.attempt, retryMs.length) - 1] ?? 0;
      return { ...refused('UNAVAILABLE', 'CALLBACK_FAILED', `${host} was not told: ${why}`), retryAt: now() + waitMs };
    }
  };
}

const refused = (
  code: 'PERMISSION_DENIED' | 'UNAVAILABLE',
  reason: string,
  message: string,
): Extract<Outcome, { kind: 'failed' }> => ({ kind: 'failed', error: { code, reason, message } });

/** What came of it is to be asked for: whoever gets this may not be who may see that. */
function bodyOf({ id, state, endedAt, error, resultBytes }: JobRecord): string {
  return JSON.stringify({
    type: `job.${state}`,
    timestamp: new Date(endedAt ?? 0).toISOString(),
    data: { job: id, state, result_bytes: resultBytes, ...(error && { code: error.code, reason: error.reason }) },
  });
}
