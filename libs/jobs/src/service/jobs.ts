/** sheaf.jobs.v1.Jobs as functions from message to message, but for Submit. Who asks is a parameter; nobody's role is checked here. */
import type { JobsCaller, JobsService } from '@sheaf/transport';
import { isEnd, type JobKind, type JobRecord, type JobState, jobKinds, jobStates } from '../job.ts';
import { invalid, quoted, refused } from '../refusals.ts';
import { actorOf, isOwn, isVisible, jobOf, listedTenant, maySeeSubject } from './caller.ts';
import { changesOf } from './changes.ts';
import { jobMessage, resultMessage } from './messages.ts';
import type { LaterPorts } from './ports.ts';

export const pageMax = 1_000;
const pageDefault = 100;

export function jobsMethods(ports: LaterPorts): JobsService {
  const { opened } = ports;
  const withResult = async (record: JobRecord, { principal }: JobsCaller) => ({
    job: jobMessage(record, principal),
    result: await resultMessage(record, principal, await opened()),
  });
  return {
    get: async ({ id }, caller) => withResult(await jobOf((await opened()).jobs, id, caller, 'look'), caller),
    wait: async function* ({ id }, caller) {
      const { jobs } = await opened();
      await jobOf(jobs, id, caller, 'own');
      for await (const record of changesOf(jobs, id, caller.signal)) yield await withResult(record, caller);
    },
    list: async ({ states, kinds, subject, batch, tenant, before, limit }, { principal }) => {
      const { jobs } = await opened();
      const count = limitOf(limit, 'limit');
      const filter = {
        tenant: listedTenant(principal, tenant),
        states: states.length > 0 ? states.map(stateOf) : undefined,
        kinds: kinds.length > 0 ? kinds.map(kindOf) : (['infer'] as const),
        ...(subject && { subject }),
        ...(batch && { batch }),
      };
      const found = await jobs.list(filter, { limit: count, ...(before && { before }) });
      // A guess of what stands behind a route is not to be told right.
      const mayName = subject === '' || maySeeSubject(principal, subject);
      const seen = found.filter((record) => mayName && isVisible(record, principal, 'look'));
      return {
        jobs: seen.map((record) => jobMessage(record, principal)),
        before: mayName && found.length === count ? (found.at(-1)?.id ?? '') : '',
      };
    },
    cancel: async ({ id }, caller) => jobMessage(await cancelJob(ports, id, caller, 'change'), caller.principal),
    delete: async ({ id }, caller) => {
      const { jobs } = await opened();
      await jobOf(jobs, id, caller, 'own');
      await jobs.remove(id);
      return {};
    },
    retry: async ({ id }, caller) => {
      const { jobs } = await opened();
      const record = await jobOf(jobs, id, caller, 'change');
      await tellAudit(ports, 'job.retry', record, caller);
      const { queuedPerTenantMax } = ports.rules();
      return jobMessage((await jobs.retry(id, { queuedPerTenantMax })) ?? record, caller.principal);
    },
  };
}

/** FAILED_PRECONDITION (JOB_STATE) when it has ended already. */
export async function cancelJob(
  ports: LaterPorts,
  id: string,
  caller: JobsCaller,
  reach: 'own' | 'change',
): Promise<JobRecord> {
  const { jobs } = await ports.opened();
  const record = await jobOf(jobs, id, caller, reach);
  if (isEnd(record.state)) throw refused('JOB_STATE', `job ${id}: want one that has not ended, got ${record.state}`);
  await tellAudit(ports, 'job.cancel', record, caller);
  return (await jobs.cancel(id)) ?? record;
}

/** What operators do with the jobs of others is written down before it is done. */
async function tellAudit(
  { onOperator }: LaterPorts,
  action: 'job.cancel' | 'job.retry',
  record: JobRecord,
  { principal }: JobsCaller,
): Promise<void> {
  if (isOwn(record, principal)) return;
  await onOperator({ action, actor: actorOf(principal), job: record.id, tenant: record.tenant });
}

/** 0 stands for 100. */
export function limitOf(limit: number, field: string): number {
  if (limit >= 0 && limit <= pageMax) return limit || pageDefault;
  throw invalid(field, `want 0 to ${pageMax}, got ${limit}`);
}

export function stateOf(text: string): JobState {
  const state = jobStates.find((one) => one === text);
  if (state) return state;
  throw invalid('states', `want ${jobStates.join(', ')}, got ${quoted(text)}`);
}

function kindOf(text: string): JobKind {
  const kind = jobKinds.find((one) => one === text);
  if (kind) return kind;
  throw invalid('kinds', `want ${jobKinds.join(', ')}, got ${quoted(text)}`);
}
