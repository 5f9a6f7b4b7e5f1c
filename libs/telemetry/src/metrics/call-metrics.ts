/** Counts the calls of a public server as they end. */
import type { CallLog, EndedCall } from '@sheaf/transport';
import { type Bounded, firstOf, kept, oneOf } from './label-values.ts';
import { callCodes, outcomeOf, policies } from './outcome.ts';
import { type Counter, type Histogram, observe, other, type Registry } from './registry.ts';

/** Tenants that are told apart. */
export const tenantsMax = 100;
/** Names of policies and reasons of refusals that are told apart: other servers may have any. */
const decisionsMax = 256;
/** Versions of one model that are told apart where its server does not say which it has. */
const versionsMax = 32;

const inferPath = '/inference.GRPCInferenceService/ModelInfer';

export interface CallMetricsOptions {
  readonly registry: Registry;
  /** Whether a server has a method, by its path. */
  readonly hasMethod: (path: string) => boolean;
  /** Whether this name, and of it this version, is served; '' is the newest. */
  readonly isServed: (model: string, version: string) => boolean;
}

interface Request {
  readonly total: Counter;
  readonly duration: Histogram;
}

interface OfTenant {
  readonly bytesIn: Counter;
  readonly bytesOut: Counter;
  readonly requests: (outcome: string) => Request;
}

export function createCallMetrics(options: CallMetricsOptions): CallLog {
  const { registry, hasMethod } = options;
  const overflows = registry.counter('sheaf_label_overflows_total');
  const tooManyTenants = overflows.of('tenant');
  const tenant = firstOf(tenantsMax, () => tooManyTenants.value++);
  const knownCode = oneOf(callCodes);
  const rpc = registry.histogram('rpc_server_call_duration_seconds');
  const rpcOf = kept((path) => kept((code) => rpc.of('grpc', path.slice(1), code)));
  const requests = createRequestMetrics(options);
  const tenants = createTenantMetrics(registry);
  const refusals = createRefusalMetrics(registry);
  return {
    wants: () => true,
    add: (call) => {
      const { method, principal, bytesIn, bytesOut, ms, sampled, traceId } = call;
      const seconds = ms / 1000;
      const exemplar = sampled ? traceId : undefined;
      const code = knownCode(call.code);
      observe(rpcOf(hasMethod(method) ? method : `/${other}`)(code), seconds, exemplar);
      const outcome = outcomeOf(code, call.decision);
      const who = tenant(principal?.tenant ?? '');
      const ofTenant = tenants(who);
      ofTenant.bytesIn.value += bytesIn;
      ofTenant.bytesOut.value += bytesOut;
      if (method === inferPath) {
        requests(call, outcome, code, exemplar);
        const own = ofTenant.requests(outcome);
        own.total.value++;
        observe(own.duration, seconds, exemplar);
      }
      if (outcome === 'refused' || outcome === 'failed') refusals(call, code, who);
    },
  };
}

/** By model. Versions that are asked for of a model whose server names none are bounded too. */
function createRequestMetrics({ registry, isServed }: CallMetricsOptions) {
  const totals = registry.counter('sheaf_requests_total');
  const durations = registry.histogram('sheaf_request_duration_seconds');
  const versions = kept(() => firstOf(versionsMax));
  const known = new Map<string, Request>();
  return ({ model, version, ms }: EndedCall, outcome: string, code: string, exemplar: string | undefined): void => {
    const key = `${model}\n${version}\n${outcome}\n${code}`;
    let series = known.get(key);
    if (!series) {
      const isKnown = model === '' || isServed(model, version);
      const name = isKnown || isServed(model, '') ? model : other;
      const exact = isKnown ? versions(model)(version) : other;
      series = { total: totals.of(name, exact, outcome, code), duration: durations.of(name, exact, outcome) };
      // Names that are made up are looked up again each time: they are many.
      if (isKnown && exact === version) known.set(key, series);
    }
    series.total.value++;
    observe(series.duration, ms / 1000, exemplar);
  };
}

function createTenantMetrics(registry: Registry): (tenant: string) => OfTenant {
  const totals = registry.counter('sheaf_tenant_requests_total');
  const durations = registry.histogram('sheaf_tenant_request_duration_seconds');
  const bytes = registry.counter('sheaf_tenant_message_bytes_total');
  return kept((tenant) => ({
    bytesIn: bytes.of(tenant, 'in'),
    bytesOut: bytes.of(tenant, 'out'),
    requests: kept((outcome) => ({ total: totals.of(tenant, outcome), duration: durations.of(tenant, outcome) })),
  }));
}

function createRefusalMetrics(registry: Registry) {
  const totals = registry.counter('sheaf_refusals_total');
  const ofTenants = registry.counter('sheaf_tenant_refusals_total');
  const policy = oneOf(policies);
  const name: Bounded = firstOf(decisionsMax);
  const reason: Bounded = firstOf(decisionsMax);
  return (call: EndedCall, code: string, tenant: string): void => {
    const at = call.decision.indexOf(':');
    const decider = policy(at < 0 ? call.decision : call.decision.slice(0, at));
    const which = at < 0 ? '' : name(call.decision.slice(at + 1));
    totals.of(decider, which, code, reason(call.reason)).value++;
    if (decider !== '') ofTenants.of(tenant, decider).value++;
  };
}

/** Both hear of each call that they want to. */
export const bothLogs = (one: CallLog, another: CallLog): CallLog => ({
  wants: (code) => one.wants(code) || another.wants(code),
  add: (call) => {
    if (one.wants(call.code)) one.add(call);
    if (another.wants(call.code)) another.add(call);
  },
});
