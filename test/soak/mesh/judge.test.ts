import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSamples } from '../../support/scrape.ts';
import { judge } from './judge.ts';
import type { LedgerRow } from './ledger.ts';
import type { SoakRecord } from './record.ts';

type Sample = readonly [name: string, labels: Readonly<Record<string, string>>, value: number];

const infer = 'inference.GRPCInferenceService/ModelInfer';
const row = (tenant: string, model: string, code: string, calls: number, more: Partial<LedgerRow> = {}): LedgerRow => ({
  ...{ tenant, model, version: '', method: infer, code, decision: '', calls, rows: 1, isRead: true },
  ...{ bytesIn: 10 * calls, bytesOut: code === 'OK' ? 20 * calls : 0 },
  ...more,
});

const ledger: readonly LedgerRow[] = [
  row('acme', 'triple', 'OK', 3, { rows: 2 }),
  row('acme', 'mean', 'OK', 2),
  row('acme', 'spare', 'OK', 1),
  row('acme', 'chain', 'OK', 2),
  row('acme', 'double', 'OK', 1),
  row('acme', 'failing', 'INVALID_ARGUMENT', 1),
  row('acme', 'slow', 'DEADLINE_EXCEEDED', 1),
  row('acme', '', 'UNIMPLEMENTED', 1, { method: '_OTHER', bytesIn: 0 }),
  row('greedy', 'triple', 'RESOURCE_EXHAUSTED', 2, { decision: 'limit:burst' }),
  row('', '', 'UNAUTHENTICATED', 2, { decision: 'identity', bytesIn: 0 }),
  row('hasty', 'quick', 'OK', 1),
  row('hasty', 'quick', 'LEFT', 1),
];

const ofRequests: readonly Sample[] = (
  [
    ['triple', 'answered', 'OK', 3],
    ['mean', 'answered', 'OK', 2],
    ['spare', 'answered', 'OK', 1],
    ['chain', 'answered', 'OK', 2],
    ['double', 'answered', 'OK', 1],
    ['failing', 'refused', 'INVALID_ARGUMENT', 1],
    ['slow', 'failed', 'DEADLINE_EXCEEDED', 1],
    ['triple', 'refused', 'RESOURCE_EXHAUSTED', 2],
    ['', 'refused', 'UNAUTHENTICATED', 2],
    ['quick', 'answered', 'OK', 1],
    ['quick', 'cancelled', 'CANCELLED', 1],
  ] as const
).flatMap(([model, outcome, code, calls]): Sample[] => [
  ['sheaf_requests_total', { model, version: '', outcome, code }, calls],
  ['sheaf_request_duration_seconds_count', { model, version: '', outcome }, calls],
]);

const ofTenants: readonly Sample[] = (
  [
    ['acme', 'answered', 9],
    ['acme', 'refused', 1],
    ['acme', 'failed', 1],
    ['greedy', 'refused', 2],
    ['', 'refused', 2],
    ['hasty', 'answered', 1],
    ['hasty', 'cancelled', 1],
  ] as const
).flatMap(([tenant, outcome, calls]): Sample[] => [
  ['sheaf_tenant_requests_total', { tenant, outcome }, calls],
  ['sheaf_tenant_request_duration_seconds_count', { tenant, outcome }, calls],
]);

const bytes = (tenant: string, direction: string, value: number): Sample => [
  'sheaf_tenant_message_bytes_total',
  { tenant, direction },
  value,
];
const ended = (code: string, value: number, method = infer): Sample => [
  'rpc_server_call_duration_seconds_count',
  { rpc_method: method, rpc_response_status_code: code },
  value,
];
const tried = (upstream: string, code: string, value: number): Sample => [
  'rpc_client_call_duration_seconds_count',
  { upstream, rpc_response_status_code: code },
  value,
];
const refused = (policy: string, name: string, code: string, value: number): Sample => [
  'sheaf_refusals_total',
  { policy, name, code },
  value,
];
const ofPipeline = (pipeline: string, stages: readonly string[], runs: number): Sample[] => [
  ['sheaf_pipeline_runs_total', { pipeline, code: 'OK' }, runs],
  ['sheaf_pipeline_duration_seconds_count', { pipeline }, runs],
  ...stages.flatMap((stage): Sample[] => [
    ['sheaf_stage_runs_total', { pipeline, stage, code: 'OK' }, runs],
    ['sheaf_stage_duration_seconds_count', { pipeline, stage }, runs],
  ]),
];
const ofRuns = (model: string, runs: number): Sample[] => [
  ['nv_inference_exec_count', { model }, runs],
  ['sheaf_run_duration_seconds_count', { model }, runs],
  ['sheaf_batch_rows_count', { model }, runs],
  ['sheaf_batch_requests_count', { model }, runs],
];
const ofModel = (service: string, model: string, success: number, reason: string, failure: number): Sample[] => [
  ['nv_inference_request_success', { service, model }, success],
  ['nv_inference_request_failure', { service, model, reason }, failure],
];

/** What is not known to the last call: of requests that were left, and of tries that the gateway gave up. */
const unknown: readonly Sample[] = [
  bytes('hasty', 'in', 15),
  bytes('hasty', 'out', 20),
  tried('slow', 'CANCELLED', 1),
  tried('slow', 'DEADLINE_EXCEEDED', 1),
  ['nv_inference_request_failure', { service: 'slow', model: 'quick', reason: 'CANCELED' }, 1],
  ['nv_inference_request_failure', { service: 'slow', model: 'slow', reason: 'BACKEND' }, 1],
];

const known: readonly Sample[] = [
  ...ofRequests,
  ...ofTenants,
  bytes('acme', 'in', 110),
  bytes('acme', 'out', 180),
  bytes('greedy', 'in', 20),
  bytes('greedy', 'out', 0),
  bytes('', 'in', 0),
  bytes('', 'out', 0),
  ended('OK', 10),
  ended('INVALID_ARGUMENT', 1),
  ended('DEADLINE_EXCEEDED', 1),
  ended('RESOURCE_EXHAUSTED', 2),
  ended('UNAUTHENTICATED', 2),
  ended('CANCELLED', 1),
  ended('UNIMPLEMENTED', 1, '_OTHER'),
  refused('limit', 'burst', 'RESOURCE_EXHAUSTED', 2),
  refused('identity', '', 'UNAUTHENTICATED', 2),
  refused('', '', 'INVALID_ARGUMENT', 1),
  refused('', '', 'DEADLINE_EXCEEDED', 1),
  refused('', '', 'UNIMPLEMENTED', 1),
  ['sheaf_tenant_refusals_total', { tenant: 'greedy', policy: 'limit' }, 2],
  ['sheaf_tenant_refusals_total', { tenant: '', policy: 'identity' }, 2],
  ...ofPipeline('mean', ['both'], 2),
  ...ofPipeline('spare', ['safe'], 1),
  ...ofPipeline('chain', ['first', 'last'], 2),
  ['sheaf_stage_fallbacks_total', { pipeline: 'spare', stage: 'safe' }, 1],
  ['sheaf_degraded_answers_total', { pipeline: 'spare' }, 1],
  tried('calm', 'OK', 8),
  tried('calm', 'INVALID_ARGUMENT', 1),
  tried('slow', 'OK', 1),
  tried('double', 'OK', 3),
  ...ofModel('calm', 'triple', 6, 'BACKEND', 0),
  ...ofModel('calm', 'half', 2, 'BACKEND', 0),
  ...ofModel('calm', 'failing', 0, 'BACKEND', 1),
  ['nv_inference_request_success', { service: 'slow', model: 'quick' }, 1],
  ['nv_inference_count', { model: 'triple' }, 9],
  ['nv_inference_count', { model: 'half' }, 2],
  ...ofRuns('triple', 5),
  ...ofRuns('half', 2),
  ...ofRuns('failing', 1),
  ...ofRuns('quick', 1),
  ...ofRuns('slow', 1),
  ...ofRuns('double', 3),
  ['sheaf_batch_requests_sum', { model: 'triple' }, 6],
  ['sheaf_batch_requests_sum', { model: 'half' }, 2],
  ['sheaf_batch_requests_sum', { model: 'failing' }, 1],
  ['sheaf_batch_rows_sum', { model: 'triple' }, 9],
  ['sheaf_batch_rows_sum', { model: 'half' }, 2],
  ['sheaf_queue_duration_seconds_count', { model: 'triple' }, 6],
  ['sheaf_queue_duration_seconds_count', { model: 'half' }, 2],
  ['sheaf_queue_duration_seconds_count', { model: 'failing' }, 1],
  ['nv_inference_request_duration_us', { model: 'triple' }, 100],
  ['nv_inference_queue_duration_us', { model: 'triple' }, 40],
  ['nv_inference_compute_infer_duration_us', { model: 'triple' }, 60],
  ['sheaf_requests_in_flight', {}, 0],
  ['sheaf_bytes_in_flight', {}, 0],
  ['sheaf_runs_in_flight', {}, 0],
  ['sheaf_queue_use_ratio', {}, 0],
  ['nv_inference_pending_request_count', {}, 0],
  ['sheaf_journal_entries_dropped_total', {}, 0],
  ['sheaf_label_overflows_total', {}, 0],
];

const textOf = (samples: readonly Sample[]): string =>
  samples
    .map(([name, labels, value]) => {
      const own = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
      return `${name}{${own.join(',')}} ${value}\n`;
    })
    .join('');

const recordOf = (samples: readonly Sample[], changes: Partial<SoakRecord> = {}): SoakRecord => ({
  ledger,
  samples: readSamples(textOf([...samples, ...unknown])),
  last: readSamples(textOf([...samples, ...unknown])),
  gatewaysEnded: 0,
  statistics: [
    { name: 'triple', inferences: 9, executions: 5, success: 6, fail: 0, successNs: 100_000 },
    { name: 'mean', inferences: 2, executions: 2, success: 2, fail: 0, successNs: 0 },
  ],
  lives: [{ service: 'double', replica: 1, startedAt: 1, answered: 3, notAnswered: 0, isMonotone: true }],
  ...changes,
});

describe('the judge of counters', () => {
  it('has nothing to say of a mesh whose counters add up', () => {
    assert.deepEqual(judge(recordOf(known)), []);
  });

  it('sees that any counter was moved once too often, or once too little', () => {
    const unseen: string[] = [];
    for (const [index, [name, labels, value]] of known.entries())
      for (const by of value === 0 ? [1] : [1, -1]) {
        const planted = known.with(index, [name, labels, value + by]);
        // Times of parts may be less than that of the whole.
        if (by < 0 && /_(queue|compute_infer)_duration_us$/.test(name)) continue;
        if (judge(recordOf(planted)).length === 0) unseen.push(`${name} ${JSON.stringify(labels)} ${by}`);
      }
    assert.deepEqual(unseen, []);
  });

  it('names what a mesh forgets of calls that were cancelled', () => {
    const forgets = known.map(([name, labels, value]): Sample => {
      const isIts =
        labels['outcome'] === 'cancelled' ||
        (name.startsWith('rpc_server') && Object.values(labels).includes('CANCELLED'));
      return [name, labels, isIts ? 0 : value];
    });
    const wrong = judge(recordOf(forgets));
    assert.ok(wrong.includes('requests: want 17, got 16'), wrong.join('\n'));
    assert.ok(wrong.includes('requests of tenant "hasty": want 2, got 1'), wrong.join('\n'));
  });

  it('sees statistics that differ, a process that tells too much, and one that tells less than before', () => {
    const [triple, ...others] = recordOf(known).statistics;
    const [life] = recordOf(known).lives;
    assert.ok(triple && life);
    for (const key of ['inferences', 'executions', 'success', 'fail'] as const)
      assert.equal(
        judge(recordOf(known, { statistics: [{ ...triple, [key]: triple[key] + 1 }, ...others] })).length,
        1,
        key,
      );
    assert.equal(judge(recordOf(known, { lives: [{ ...life, answered: 4 }] })).length, 1);
    assert.equal(judge(recordOf(known, { lives: [{ ...life, isMonotone: false }] })).length, 1);
  });
});
