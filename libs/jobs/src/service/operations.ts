/** google.longrunning.Operations over jobs of kind `infer`, as Google's own clients expect it. */
import type { OperationsService } from '@sheaf/transport';
import { isEnd, type JobRecord, type JobState, jobStates } from '../job.ts';
import type { JobFilter } from '../job-store.ts';
import { invalid, quoted } from '../refusals.ts';
import { isVisible, jobOf, maySeeSubject, tenantOf } from './caller.ts';
import { changesOf } from './changes.ts';
import { cancelJob, limitOf, stateOf } from './jobs.ts';
import { idOfOperation, operationMessage } from './messages.ts';
import type { LaterPorts } from './ports.ts';

/** So much before the deadline of its call a wait is answered. Milliseconds. */
const answerMs = 250;

export function operationsMethods(ports: LaterPorts): OperationsService {
  const { opened } = ports;
  return {
    getOperation: async ({ name }, caller) => {
      const work = await opened();
      return operationMessage(await jobOf(work.jobs, idOfOperation(name), caller, 'own'), caller.principal, work);
    },
    listOperations: async ({ name, filter, pageSize, pageToken }, { principal }) => {
      if (name !== '' && name !== 'operations') throw invalid('name', `want "operations", got ${quoted(name)}`);
      const { jobs } = await opened();
      const count = limitOf(pageSize, 'page_size');
      const wanted = { ...filterOf(filter), tenant: tenantOf(principal), kinds: ['infer'] } as const;
      const found = await jobs.list(wanted, { limit: count, ...(pageToken && { before: tokenOf(pageToken) }) });
      // A guess of what stands behind a route is not to be told right.
      const mayName = wanted.subject === undefined || maySeeSubject(principal, wanted.subject);
      const seen = found.filter((record) => mayName && isVisible(record, principal, 'own'));
      return {
        operations: await Promise.all(seen.map((record) => operationMessage(record, principal))),
        nextPageToken: mayName && found.length === count ? (found.at(-1)?.id ?? '') : '',
      };
    },
    cancelOperation: async ({ name }, caller) => {
      await cancelJob(ports, idOfOperation(name), caller, 'own');
      return {};
    },
    deleteOperation: async ({ name }, caller) => {
      const { jobs } = await opened();
      const { id } = await jobOf(jobs, idOfOperation(name), caller, 'own');
      await jobs.remove(id);
      return {};
    },
    waitOperation: async ({ name, timeout }, caller) => {
      const work = await opened();
      const first = await jobOf(work.jobs, idOfOperation(name), caller, 'own');
      const mostMs = Math.min(timeout ? msOf(timeout) : Number.POSITIVE_INFINITY, caller.timeoutMs - answerMs);
      const last = isEnd(first.state) ? first : await untilEnd(work.jobs, first, mostMs, caller.signal);
      return operationMessage(last, caller.principal, work);
    },
  };
}

const timerMsMax = 2 ** 31 - 1;

/** As it is when it has ended, or when the time is up. */
async function untilEnd(
  jobs: Parameters<typeof changesOf>[0],
  first: JobRecord,
  mostMs: number,
  signal: AbortSignal,
): Promise<JobRecord> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, Math.min(timerMsMax, mostMs)))]);
  let last = first;
  for await (const record of changesOf(jobs, first.id, enough)) last = record;
  return last;
}

function msOf({ seconds, nanos }: { readonly seconds: number | string; readonly nanos: number }): number {
  const ms = Number(seconds) * 1_000 + nanos / 1_000_000;
  if (ms >= 0) return ms;
  throw invalid('timeout', `want 0 s or more, got ${ms / 1_000} s`);
}

function tokenOf(token: string): string {
  if (/^[0-9a-f-]{36}$/.test(token)) return token;
  throw invalid('page_token', `want the next_page_token of an answer, got ${quoted(token)}`);
}

const wanted = '"done=true", "done=false", "state=<state>" or "subject=<name>", with " AND " between them';

/** Empty is all. */
function filterOf(filter: string): Pick<JobFilter, 'states' | 'subject'> {
  let states: readonly JobState[] | undefined;
  let subject: string | undefined;
  for (const part of filter === '' ? [] : filter.split(' AND ')) {
    const [key, value = ''] = part.trim().split('=', 2);
    if (key === 'done' && (value === 'true' || value === 'false'))
      states = jobStates.filter((state) => isEnd(state) === (value === 'true'));
    else if (key === 'state') states = [stateOf(value)];
    else if (key === 'subject' && value !== '') subject = value;
    else throw invalid('filter', `want ${wanted}, got ${quoted(filter)}`);
  }
  return { ...(states && { states }), ...(subject !== undefined && { subject }) };
}
