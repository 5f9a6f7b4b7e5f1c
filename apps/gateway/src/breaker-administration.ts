/** Breakers for operators: how they stand, and which of them are forced. */

import { InferError, notFound } from '@sheaf/inference';
import type { BreakerName, BreakerRegistry, BreakerReport } from '@sheaf/outbound';
import type { State } from '@sheaf/store';
import type { Breaker, ForceBreakersRequest } from '@sheaf/transport';
import { targetIn } from './configuration.ts';
import type { Revision } from './revision.ts';

export interface BreakerPorts {
  readonly current: () => Revision;
  readonly breakers: BreakerRegistry;
  readonly audit: State['audit'];
}

type Which = Partial<BreakerName>;

/** Those that calls to addresses of now have used, and those that are forced. */
export function listBreakers({ current, breakers }: BreakerPorts): Breaker[] {
  const revision = current();
  // A process that was started again is forced like the one before, whether it has been asked or not.
  for (const name of namesIn(revision)) if (breakers.isForced(name)) breakers.getOrCreate(name);
  const targets = new Set(endpointsIn(revision).map(({ service, endpoint }) => JSON.stringify([service, endpoint])));
  return breakers
    .reports()
    .filter(({ service, endpoint }) => targets.has(JSON.stringify([service, endpoint])))
    .map((report) => messageOf(report, revision));
}

/** The entry in the audit trail goes first: there is no change without. */
export async function forceBreakers(
  { current, breakers, audit }: BreakerPorts,
  { to, ...asked }: ForceBreakersRequest,
  actor: string,
): Promise<Breaker[]> {
  const forced = forcedOf(to);
  const revision = current();
  const { mesh } = revision.served;
  if (!mesh.resilience.breaker)
    throw new InferError(
      'FAILED_PRECONDITION',
      'mesh.yaml: resilience.breaker is false: there are no breakers to force',
    );
  const which = whichOf(asked, revision);
  const names = namesIn(revision, asked.version).filter((name) =>
    Object.entries(which).every(([part, value]) => name[part as keyof BreakerName] === value),
  );
  if (names.length === 0)
    throw notFound(`no service has all of it: ${described(asked)}`, asked.model || asked.service || asked.endpoint);
  await audit.append({
    at: Date.now(),
    actor,
    action: 'breaker.force',
    subject: described(asked),
    detail: JSON.stringify({ to: forced ?? 'auto' }),
  });
  for (const name of names) breakers.getOrCreate(name);
  return breakers
    .force(which, forced)
    .filter(({ endpoint }) => names.some((name) => name.endpoint === endpoint))
    .map((report) => messageOf(report, revision));
}

/** Undefined gives them back to themselves. */
function forcedOf(to: ForceBreakersRequest['to']): 'open' | 'closed' | undefined {
  if (to === 'OPEN') return 'open';
  if (to === 'CLOSED') return 'closed';
  if (to === 'AUTO') return undefined;
  throw new InferError('INVALID_ARGUMENT', `to: want OPEN, CLOSED or AUTO, got ${to}`);
}

/** `model digits/1, endpoint 127.0.0.1:7001` */
function described({ service, endpoint, model, version }: Omit<ForceBreakersRequest, 'to'>): string {
  const parts = [
    service && `service ${service}`,
    model && `model ${model}${version && `/${version}`}`,
    endpoint && `endpoint ${endpoint}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** What is asked for, as breakers are named; each name is looked up, so that a slip of the pen stops nothing and is told. */
function whichOf({ service, endpoint, model, version }: Omit<ForceBreakersRequest, 'to'>, revision: Revision): Which {
  const { mesh } = revision.served;
  if (!service && !endpoint && !model)
    throw invalid('want a service, an endpoint or a model, got none: nothing forces all breakers at once');
  if (version && !model) throw invalid('version: want it with a model, got it alone');
  const names = mesh.services.map(({ name }) => name);
  if (service && !names.includes(service)) throw unknown('service', service, names);
  const known = mesh.services.flatMap(({ models, transforms }) => [...models, ...transforms]);
  if (model && !known.includes(model)) throw unknown('model or transform', model, known);
  const versions = mesh.models.find(({ name }) => name === model)?.versions.map((own) => own.version);
  if (version && versions && !versions.includes(version)) throw unknown(`version of ${model}`, version, versions);
  const endpoints = endpointsIn(revision);
  const found = endpoints.find((one) => one.endpoint === endpoint || one.told === endpoint);
  if (endpoint && !found)
    throw unknown(
      'endpoint',
      endpoint,
      endpoints.map(({ told }) => told),
    );
  return {
    ...(service && { service }),
    ...(found && { endpoint: found.endpoint }),
    ...(model && { model }),
    ...(version && { version }),
  };
}

const invalid = (message: string): InferError =>
  new InferError('INVALID_ARGUMENT', message, { reason: 'BREAKER_NAME_INVALID' });

const unknown = (what: string, name: string, known: readonly string[]): InferError =>
  notFound(`there is no ${what} "${name}"; want one of ${[...known].sort().join(', ')}`, name);

const endpointsIn = ({ served, services }: Revision) =>
  services.all.flatMap(({ service, endpoints }) =>
    endpoints().map(({ target }) => ({
      service: service.name,
      endpoint: target,
      told: targetIn(served.mesh.folder, target),
    })),
  );

/** Every breaker that calls may come to use; of models whose versions only their server knows, those for `version`. */
function namesIn(revision: Revision, version = ''): readonly BreakerName[] {
  const { mesh } = revision.served;
  const endpoints = Map.groupBy(endpointsIn(revision), ({ service }) => service);
  const versions = new Map(mesh.models.map((model) => [model.name, model.versions.map(({ version }) => version)]));
  return mesh.services.flatMap(({ name: service, models, transforms }) =>
    [...models, ...transforms].flatMap((model) =>
      (versions.get(model) ?? [version]).flatMap((own) =>
        (endpoints.get(service) ?? []).map(({ endpoint }) => ({ service, endpoint, model, version: own })),
      ),
    ),
  );
}

function messageOf(report: BreakerReport, { served }: Revision): Breaker {
  const { service, endpoint, model, version, state, inStateMs, calls, failures, remainingMs, shutOut, openedAgoMs } =
    report;
  const now = Date.now();
  return {
    service,
    endpoint: targetIn(served.mesh.folder, endpoint),
    model,
    version,
    state,
    sinceMs: Math.round(now - inStateMs),
    calls,
    failures,
    trialAtMs: state === 'open' ? Math.ceil(now + remainingMs) : 0,
    shutOut: [...shutOut],
    openedMs: openedAgoMs.map((ago) => Math.round(now - ago)),
  };
}
