import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndedCall } from '@sheaf/transport';
import { createCallMetrics, tenantsMax } from './call-metrics.ts';
import { type Counter, createRegistry } from './registry.ts';
import type { MetricName } from './table.ts';

const call = (changes: Partial<EndedCall> = {}): EndedCall => ({
  method: '/inference.GRPCInferenceService/ModelInfer',
  address: '192.0.2.1',
  principal: { id: 'key:k', tenant: 'acme', roles: [], models: [], priority: 'standard', claims: {} },
  model: 'digits',
  version: '',
  code: 'OK',
  reason: '',
  decision: '',
  sampled: false,
  bytesIn: 10,
  bytesOut: 4,
  ms: 2,
  traceId: 'a'.repeat(32),
  ...changes,
});

function counting() {
  const registry = createRegistry();
  const calls = createCallMetrics({
    registry,
    hasMethod: (path) => path.startsWith('/inference.'),
    isServed: (model, version) => model === 'digits' && ['', '1', '2'].includes(version),
  });
  const told = (name: MetricName) =>
    Object.fromEntries(
      [...registry.seriesOf(name)].map((series) => [series.labels, 'value' in series ? series.value : series.counts]),
    );
  return { registry, add: (changes?: Partial<EndedCall>) => calls.add(call(changes)), told };
}

describe('calls that have ended', () => {
  it('are answered, refused, cancelled or failed, and add up', () => {
    const { add, told } = counting();
    add();
    add({ code: 'CANCELLED' });
    add({ code: 'INVALID_ARGUMENT', reason: 'SHAPE_INVALID' });
    add({ code: 'UNAVAILABLE', reason: 'OVERLOADED', decision: 'load:digits/1' });
    add({ code: 'UNAVAILABLE' });
    assert.deepEqual(told('sheaf_tenant_requests_total'), {
      'tenant="acme",outcome="answered"': 1,
      'tenant="acme",outcome="cancelled"': 1,
      'tenant="acme",outcome="refused"': 2,
      'tenant="acme",outcome="failed"': 1,
    });
    assert.deepEqual(told('sheaf_refusals_total'), {
      'policy="",name="",code="INVALID_ARGUMENT",reason="SHAPE_INVALID"': 1,
      'policy="load",name="digits/1",code="UNAVAILABLE",reason="OVERLOADED"': 1,
      'policy="",name="",code="UNAVAILABLE",reason=""': 1,
    });
    assert.deepEqual(told('sheaf_tenant_refusals_total'), { 'tenant="acme",policy="load"': 1 });
    assert.deepEqual(told('sheaf_tenant_message_bytes_total'), {
      'tenant="acme",direction="in"': 50,
      'tenant="acme",direction="out"': 20,
    });
  });

  it('make no series of names, versions, methods, codes and deciders that there are not', () => {
    const { registry, add, told } = counting();
    for (let made = 0; made < 500; made++) {
      const code = 'NOT_FOUND';
      add({ model: `made-${made}`, code });
      add({ version: String(made + 3), code });
      add({ method: `/made.up/${made}`, code });
      add({ code: `CODE_${made}`, decision: `made-${made}` });
    }
    assert.deepEqual(Object.keys(told('sheaf_requests_total')), [
      'model="_OTHER",version="_OTHER",outcome="refused",code="NOT_FOUND"',
      'model="digits",version="_OTHER",outcome="refused",code="NOT_FOUND"',
      'model="digits",version="",outcome="refused",code="_OTHER"',
    ]);
    const count = (name: MetricName): number => [...registry.seriesOf(name)].length;
    assert.deepEqual([count('rpc_server_call_duration_seconds'), count('sheaf_refusals_total')], [3, 2]);
  });

  it('tell the first tenants apart, count the others as one, and say so', () => {
    const { add, told } = counting();
    for (let tenant = 0; tenant < tenantsMax + 5; tenant++) {
      const principal = {
        id: 'k',
        tenant: `t${tenant}`,
        roles: [],
        models: [],
        priority: 'standard',
        claims: {},
      } as const;
      add({ principal });
    }
    const tenants = told('sheaf_tenant_requests_total');
    assert.equal(Object.keys(tenants).length, tenantsMax + 1);
    assert.equal(tenants['tenant="_OTHER",outcome="answered"'], 5);
    assert.deepEqual(told('sheaf_label_overflows_total'), { 'label="tenant"': 5 });
  });

  it('show the trace of those that are traced', () => {
    const { registry, add } = counting();
    add({ sampled: true });
    add({ sampled: false, traceId: 'b'.repeat(32) });
    const [series] = registry.seriesOf('sheaf_request_duration_seconds') as Iterable<
      Exclude<ReturnType<typeof registry.seriesOf> extends Iterable<infer One> ? One : never, Counter>
    >;
    assert.deepEqual(
      series?.exemplars.flatMap((one) => one?.traceId ?? []),
      ['a'.repeat(32)],
    );
  });
});
