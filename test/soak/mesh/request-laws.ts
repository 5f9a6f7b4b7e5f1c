/**
 * What the gateway counts of the calls of its public server. Of a call that its caller has left nobody but the gateway knows how it ended: it counts once,
 * by any code. One that was late may have been so before its message was read, and counts then as of no model.
 */
import type { Samples } from '../../support/scrape.ts';
import type { LedgerRow } from './ledger.ts';
import type { SoakRecord } from './record.ts';
import { callsOf, rowsWith, within } from './within.ts';

const inferMethod = 'inference.GRPCInferenceService/ModelInfer';
export const outcomes = ['answered', 'refused', 'cancelled', 'failed'] as const;
type Outcome = (typeof outcomes)[number];
/** Codes of a server that could not do what it was asked; with a decision beside them somebody has refused. */
const failures = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'];

function outcomeOf({ code, decision }: LedgerRow): Outcome {
  if (code === 'OK') return 'answered';
  if (code === 'CANCELLED') return 'cancelled';
  return decision === '' && failures.includes(code) ? 'failed' : 'refused';
}

const hasLeft = ({ code }: LedgerRow): boolean => code === 'LEFT';
const unique = <Value>(values: Iterable<Value>): Value[] => [...new Set(values)];

export function requestLaws({ ledger, samples }: SoakRecord): string[] {
  const requests = rowsWith(ledger, { method: inferMethod });
  return [
    ...within('calls whose connection ended', callsOf(rowsWith(ledger, { code: 'LOST' })), 0),
    ...within('requests', samples.sum('sheaf_requests_total'), callsOf(requests)),
    ...tenantLaws(requests, samples),
    ...byteLaws(ledger, samples),
    ...modelRowLaws(requests, samples),
    ...outcomeLaws(samples),
    ...methodLaws(ledger, samples),
    ...refusalLaws(ledger, samples),
  ];
}

function tenantLaws(requests: readonly LedgerRow[], samples: Samples): string[] {
  const tenants = unique(requests.map(({ tenant }) => tenant));
  const count = (labels: Record<string, string>): number => samples.sum('sheaf_tenant_requests_total', labels);
  return [
    ...within('requests of all tenants', count({}), callsOf(requests)),
    ...tenants.flatMap((tenant) => {
      const own = requests.filter((row) => row.tenant === tenant);
      const left = callsOf(own.filter(hasLeft));
      const told = own.filter((row) => !hasLeft(row));
      return [
        ...within(`requests of tenant "${tenant}"`, count({ tenant }), callsOf(own)),
        ...outcomes.flatMap((outcome) => {
          const least = callsOf(told.filter((row) => outcomeOf(row) === outcome));
          return within(`${outcome} of tenant "${tenant}"`, count({ tenant, outcome }), least, least + left);
        }),
      ];
    }),
  ];
}

function byteLaws(ledger: readonly LedgerRow[], samples: Samples): string[] {
  const bytes = (rows: readonly LedgerRow[], direction: 'in' | 'out'): number =>
    rows.reduce((total, row) => total + (direction === 'in' ? row.bytesIn : row.bytesOut), 0);
  return unique(ledger.map(({ tenant }) => tenant)).flatMap((tenant) =>
    (['in', 'out'] as const).flatMap((direction) => {
      const own = ledger.filter((row) => row.tenant === tenant);
      const least = bytes(
        own.filter((row) => !hasLeft(row)),
        direction,
      );
      // What was written for a caller that had left is of no bound that the caller knows.
      const left = own.some(hasLeft) && direction === 'out' ? Number.POSITIVE_INFINITY : 0;
      const most = bytes(own, direction) + left;
      const value = samples.sum('sheaf_tenant_message_bytes_total', { tenant, direction });
      return within(`bytes ${direction} of tenant "${tenant}"`, value, least, most);
    }),
  );
}

function modelRowLaws(requests: readonly LedgerRow[], samples: Samples): string[] {
  const count = (labels: Record<string, string>): number => samples.sum('sheaf_requests_total', labels);
  const names = unique(requests.map(({ model, version }) => `${model}/${version}`));
  const codes = unique(requests.map(({ code }) => code)).filter((code) => code !== 'LEFT');
  const isUnsure = ({ code }: LedgerRow): boolean => code === 'LEFT' || code === 'DEADLINE_EXCEEDED';
  const unread = callsOf(requests.filter(isUnsure));
  const models = names.flatMap((name) => {
    const [model = '', version = ''] = name.split('/');
    const own = rowsWith(requests, { model, version });
    const sure = callsOf(own.filter((row) => !isUnsure(row)));
    const most = model === '' ? sure + unread : callsOf(own);
    return [
      ...within(`requests of model "${name}"`, count({ model, version }), sure, most),
      ...codes.flatMap((code) => {
        const told = callsOf(rowsWith(own, { code }));
        const unsure = model === '' ? unread : callsOf(own.filter(hasLeft));
        const least = code === 'DEADLINE_EXCEEDED' ? 0 : told;
        return within(`${code} of model "${name}"`, count({ model, version, code }), least, told + unsure);
      }),
    ];
  });
  const named = names.reduce((total, name) => {
    const [model = '', version = ''] = name.split('/');
    return total + count({ model, version });
  }, 0);
  return [...models, ...within('requests of models that were asked', named, count({}))];
}

/** The same calls, counted by model, by tenant and by method. */
function outcomeLaws(samples: Samples): string[] {
  const { sum } = samples;
  return outcomes.flatMap((outcome) => {
    const requests = sum('sheaf_requests_total', { outcome });
    return [
      ...within(`${outcome} of all tenants`, sum('sheaf_tenant_requests_total', { outcome }), requests),
      ...within(`times of those ${outcome}`, sum('sheaf_request_duration_seconds_count', { outcome }), requests),
      ...within(
        `times of those ${outcome}, by tenant`,
        sum('sheaf_tenant_request_duration_seconds_count', { outcome }),
        requests,
      ),
    ];
  });
}

function methodLaws(ledger: readonly LedgerRow[], { sum }: Samples): string[] {
  const name = 'rpc_server_call_duration_seconds_count';
  return unique(ledger.map(({ method }) => method)).flatMap((method) => {
    const own = rowsWith(ledger, { method });
    const left = callsOf(own.filter(hasLeft));
    const codes = unique(own.map(({ code }) => code)).filter((code) => code !== 'LEFT');
    return [
      ...within(`calls of ${method}`, sum(name, { rpc_method: method }), callsOf(own)),
      ...codes.flatMap((code) => {
        const value = sum(name, { rpc_method: method, rpc_response_status_code: code });
        const told = callsOf(rowsWith(own, { code }));
        const same = sum('sheaf_requests_total', { code });
        return [
          ...within(`${code} of ${method}`, value, told, told + left),
          ...(method === inferMethod ? within(`${code} of requests by model`, same, value) : []),
        ];
      }),
    ];
  });
}

function refusalLaws(ledger: readonly LedgerRow[], { sum }: Samples): string[] {
  const told = ledger.filter((row) => !hasLeft(row) && ['refused', 'failed'].includes(outcomeOf(row)));
  const left = callsOf(ledger.filter(hasLeft));
  const all = sum('sheaf_refusals_total');
  const decisions = unique(told.map(({ decision }) => decision)).filter((decision) => decision !== '');
  return [
    ...within('refusals', all, callsOf(told), callsOf(told) + left),
    ...within(
      'refusals of tenants',
      sum('sheaf_tenant_refusals_total'),
      all - sum('sheaf_refusals_total', { policy: '' }),
    ),
    ...decisions.flatMap((decision) => {
      const [policy = '', name = ''] = decision.split(/:(.*)/s);
      const own = callsOf(told.filter((row) => row.decision === decision));
      return within(`refusals by ${decision}`, sum('sheaf_refusals_total', { policy, name }), own, own + left);
    }),
  ];
}
