/** Who asks, and which jobs are there for them. */
import { maySee, type Principal, seesInside, type TrustedCaller, trustedCaller } from '@sheaf/inference';
import type { JobsCaller } from '@sheaf/transport';
import type { JobRecord } from '../job.ts';
import type { JobStore } from '../job-store.ts';
import { notThere, quoted } from '../refusals.ts';

type Anybody = Principal | TrustedCaller;

/** Whoever is let in unasked is somebody of this machine, as a gateway without policies has it. */
const localTenant = 'local';

export const tenantOf = (principal: Anybody): string => (principal === trustedCaller ? localTenant : principal.tenant);

/** As the audit trail names them. */
export const actorOf = (principal: Anybody): string => (principal === trustedCaller ? 'nobody' : principal.id);

/** `own`: jobs of one's tenant alone. `look`: operators see all. `change`: those of them who may change what is in force too. */
export type Reach = 'own' | 'look' | 'change';

const reaches = (principal: Anybody, reach: Reach): boolean =>
  reach !== 'own' &&
  seesInside(principal) &&
  (reach === 'look' || principal === trustedCaller || principal.roles.includes('admin'));

/** Whether it is one of the caller's tenant, about something that the caller may see or has asked for. */
export function isOwn({ tenant, principal: by, subject }: JobRecord, principal: Anybody): boolean {
  if (tenant !== tenantOf(principal)) return false;
  // A route may have led to what its caller may not see.
  const hasSubmitted = principal !== trustedCaller && by !== 'trusted' && by.id === principal.id;
  return hasSubmitted || maySee(principal, subject);
}

export const isVisible = (record: JobRecord, principal: Anybody, reach: Reach): boolean =>
  isOwn(record, principal) || reaches(principal, reach);

/** The tenant whose jobs are listed; undefined: all. */
export const listedTenant = (principal: Anybody, wanted: string): string | undefined =>
  reaches(principal, 'look') ? wanted || undefined : tenantOf(principal);

/** Whether the name of what a job asks may be told: it may stand behind a route, or the caller looks after the mesh. */
export const maySeeSubject = (principal: Anybody, subject: string): boolean =>
  maySee(principal, subject) || seesInside(principal);

/** Whether it may know what its answers were made by, and of what an error speaks: it sees every name, or looks after the mesh. */
export const maySeeAll = (principal: Anybody): boolean =>
  principal === trustedCaller || seesInside(principal) || principal.models.includes('*');

/** Whether its jobs may be begun before those of other tenants: whoever may not has the priority 0, whatever it says. */
export const mayGoFirst = (principal: Anybody): boolean =>
  principal === trustedCaller || principal.priority === 'critical';

export const noSuchJob = (id: string) => notThere('JOB_NOT_FOUND', `there is no job ${quoted(id)}`);

const idForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Throws NOT_FOUND for what is not there, or not for this caller. */
export async function jobOf(
  store: Pick<JobStore, 'get'>,
  id: string,
  { principal }: Pick<JobsCaller, 'principal'>,
  reach: Reach,
): Promise<JobRecord> {
  const record = idForm.test(id) ? await store.get(id) : undefined;
  if (!record || !isVisible(record, principal, reach)) throw noSuchJob(id);
  return record;
}
