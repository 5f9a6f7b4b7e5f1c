/** What a mesh tells of its calls adds up: nothing is missing, nothing is there twice, and nothing that callers make up is told apart. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { freePort } from '@sheaf/supervisor';
import { metrics } from '@sheaf/telemetry';
import { createRemote } from '@sheaf/transport';
import { Caller, inferPath, type Message } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { ask, type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { type Samples, scrape } from '../support/scrape.ts';
import { waitFor } from '../support/wait-for.ts';

const policies = `limits:
  - { name: few, rate: 3/h, burst: 3, tenants: [small] }
`;
const patient = `pipeline: patient
inputs: { x: { datatype: INT64, shape: [] } }
stages: { only: { model: slow, inputs: { x: x } } }
outputs: { y: only.y }
`;
const files = (metricsPort: number, replicas = 1): Files => ({
  'mesh.yaml': `gateway: { metrics: { port: ${metricsPort} } }
services: { double: { models: [double], replicas: ${replicas} }, slow: { models: [slow] } }
`,
  'models/double': sampleModels.scale(2),
  'models/slow': sampleModels.slowLoop(),
  'pipelines/patient.yaml': patient,
  'policies.yaml': policies,
});

const pair = (model: string, changes: Message = {}): Message => ({
  model_name: model,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
  raw_input_contents: [Buffer.from(Float32Array.of(1, 2).buffer)],
  ...changes,
});
const long = tensorOf('x', 'INT64', [], BigInt64Array.of(2_000_000n));

const inferMethod = 'inference.GRPCInferenceService/ModelInfer';
const ofOutcomes = (samples: Samples, name: string, labels: Record<string, string>): number[] =>
  ['answered', 'refused', 'cancelled', 'failed'].map((outcome) => samples.sum(name, { ...labels, outcome }));

async function startMetered(
  replicas = 1,
): Promise<{ mesh: TestMesh; port: number; keys: { large: string; small: string } }> {
  const port = await freePort();
  let keys = { large: '', small: '' };
  const mesh = await startTestMesh(files(port, replicas), async (folder) => {
    keys = await addKeys(folder, { large: { tenant: 'large' }, small: { tenant: 'small' } });
  });
  return { mesh, port, keys };
}

/** Calls that are told of when their stream has closed, which is a moment after their answer. */
async function settled(port: number, calls: number): Promise<Samples> {
  let samples = await scrape(port);
  const count = () => samples.sum('rpc_server_call_duration_seconds_count', { rpc_method: inferMethod });
  await waitFor(
    async () => {
      samples = await scrape(port);
      return count() >= calls;
    },
    () => `${count()} of ${calls}`,
  );
  return samples;
}

describe('the metrics of a mesh', () => {
  it('add up by model and by tenant, for calls that were answered, refused, cancelled and failed', async () => {
    const { mesh, port, keys } = await startMetered();
    await using _ = mesh;
    using caller = new Caller(mesh.running.gateway.port);
    const call = async (tenant: 'large' | 'small', message: Message, want: string): Promise<void> =>
      assert.equal((await caller.call(inferPath, message, { 'x-api-key': keys[tenant] })).code, want);
    for (let calls = 0; calls < 5; calls++) await call('large', pair('double'), 'OK');
    await call('large', pair('double', { model_version: '1' }), 'OK');
    await call('large', pair('double', { raw_input_contents: [Buffer.alloc(3)] }), 'INVALID_ARGUMENT');
    await call('large', pair('nothing'), 'NOT_FOUND');
    for (let calls = 0; calls < 3; calls++) await call('small', pair('double'), 'OK');
    for (let calls = 0; calls < 2; calls++) await call('small', pair('double'), 'RESOURCE_EXHAUSTED');
    // It leaves while its run goes on.
    const leaving = createRemote(`127.0.0.1:${mesh.running.gateway.port}`, {
      ...{ service: 'gateway', limits: mesh.mesh.limits },
      metadata: { 'x-api-key': keys.large },
    });
    const leave = new AbortController();
    const left = ask(leaving, 'patient', [long], { signal: leave.signal, timeoutMs: 30_000 });
    await waitFor(async () => (await scrape(port)).sum('sheaf_runs_in_flight', { model: 'slow' }) === 1);
    // A pipeline is a model to those who look for one with little to do.
    const pending = { service: 'gateway', model: 'patient', version: '1' };
    assert.equal((await scrape(port)).sum('nv_inference_pending_request_count', pending), 1);
    leave.abort();
    await assert.rejects(left, { code: 'CANCELLED' });
    leaving.close();
    const samples = await settled(port, 14);
    assert.deepEqual(ofOutcomes(samples, 'sheaf_tenant_requests_total', { tenant: 'large' }), [6, 2, 1, 0]);
    assert.deepEqual(ofOutcomes(samples, 'sheaf_tenant_requests_total', { tenant: 'small' }), [3, 2, 0, 0]);
    assert.deepEqual(ofOutcomes(samples, 'sheaf_requests_total', { model: 'double' }), [9, 2, 0, 0]);
    // Of a message that could not be read nobody knows what it was for.
    assert.deepEqual(ofOutcomes(samples, 'sheaf_requests_total', { model: '' }), [0, 1, 0, 0]);
    assert.deepEqual(ofOutcomes(samples, 'sheaf_requests_total', { model: 'double', version: '1' }), [1, 0, 0, 0]);
    assert.deepEqual(ofOutcomes(samples, 'sheaf_requests_total', { model: '_OTHER' }), [0, 1, 0, 0]);
    assert.deepEqual(ofOutcomes(samples, 'sheaf_requests_total', { model: 'patient' }), [0, 0, 1, 0]);
    assert.equal(samples.sum('nv_inference_request_failure', { ...pending, reason: 'CANCELED' }), 1);
    assert.equal(samples.sum('nv_inference_pending_request_count', pending), 0);
    assert.equal(samples.sum('sheaf_requests_total'), 14);
    assert.equal(samples.sum('sheaf_request_duration_seconds_count'), 14);
    assert.equal(samples.sum('sheaf_refusals_total', { policy: 'limit', name: 'few' }), 2);
    assert.equal(samples.sum('sheaf_tenant_refusals_total', { tenant: 'small', policy: 'limit' }), 2);
    // It fills again as time goes.
    assert.ok(samples.sum('sheaf_limit_use_ratio', { limit: 'few' }) > 0.9);
    // As the service has it: what the gateway refused never came to it.
    assert.equal(samples.sum('nv_inference_request_success', { model: 'double' }), 9);
    assert.equal(samples.sum('nv_inference_count', { model: 'double' }), 9);
    assert.equal(samples.sum('nv_inference_exec_count', { model: 'double' }), 9);
    assert.equal(samples.sum('rpc_client_call_duration_seconds_count', { upstream: 'double' }), 9);
    assert.ok(samples.sum('nv_inference_compute_infer_duration_us', { model: 'double' }) > 0);
  });

  it('begin anew with a process that was started again, in the place of the one that ended', async () => {
    const { mesh, port, keys } = await startMetered(2);
    await using _ = mesh;
    using caller = new Caller(mesh.running.gateway.port, { 'x-api-key': keys.large });
    const askOnce = async (): Promise<void> => assert.equal((await caller.call(inferPath, pair('double'))).code, 'OK');
    const counts = (samples: Samples): number[] =>
      ['1', '2'].map((replica) => samples.sum('nv_inference_request_success', { model: 'double', replica }));
    for (let calls = 0; calls < 20; calls++) await askOnce();
    const before = await settled(port, 20);
    assert.equal(
      counts(before).reduce((total, count) => total + count),
      20,
    );
    const [first] = mesh.running.services;
    assert.ok(first && first.name === 'double-1');
    const { pid } = first;
    process.kill(pid, 'SIGKILL');
    await waitFor(() => first.isReady && first.pid !== pid);
    let samples = before;
    await waitFor(async () => {
      samples = await scrape(port);
      return samples.sum('sheaf_scrape_process_up') === 3;
    });
    assert.deepEqual(counts(samples), [0, counts(before)[1]]);
    for (let calls = 0; calls < 10; calls++) await askOnce();
    const after = await settled(port, 30);
    assert.equal(after.sum('sheaf_requests_total', { model: 'double', outcome: 'answered' }), 30);
    assert.equal(
      counts(after).reduce((total, count) => total + count),
      10 + (counts(before)[1] ?? 0),
    );
  });

  it('have a line in the table each, whatever the mesh has done', async () => {
    const { mesh, port, keys } = await startMetered();
    await using _ = mesh;
    using caller = new Caller(mesh.running.gateway.port, { 'x-api-key': keys.large });
    await caller.call(inferPath, pair('double'));
    await caller.call(inferPath, pair('nothing'));
    const { names } = await settled(port, 2);
    const bases = [...names].map((name) =>
      Object.hasOwn(metrics, name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
    );
    assert.deepEqual(
      bases.filter((name) => !Object.hasOwn(metrics, name)),
      [],
    );
    assert.ok(names.size > 50, `${names.size} names`);
  });

  it('do not keep calls from being served where somebody else has the port, unless it is written', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => busy.once('listening', resolve));
    const address = busy.address();
    assert.ok(address && typeof address === 'object');
    await assert.rejects(
      startTestMesh(files(address.port)),
      /metrics cannot be served on 127\.0\.0\.1:\d+: somebody else has the port/,
    );
    busy.close();
  });
});

describe('the statistics of models', () => {
  it('are those of the services, for the models that a caller may see', async () => {
    const { mesh, keys } = await startMetered(2);
    await using _ = mesh;
    using caller = new Caller(mesh.running.gateway.port, { 'x-api-key': keys.large });
    for (let calls = 0; calls < 6; calls++) await caller.call(inferPath, pair('double'));
    const statistics = (message: Message) => caller.call('/inference.GRPCInferenceService/ModelStatistics', message);
    const [reply] = (await statistics({ name: 'double' })).replies as { model_stats: Message[] }[];
    const [stats, ...others] = reply?.model_stats ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual(
      [stats?.['name'], stats?.['version'], stats?.['inference_count'], stats?.['execution_count']],
      ['double', '1', '6', '6'],
    );
    assert.ok(stats);
    const { success, queue, compute_infer } = stats['inference_stats'] as Record<string, { count: string; ns: string }>;
    assert.deepEqual([success?.count, queue?.count, compute_infer?.count], ['6', '6', '6']);
    assert.ok(Number(compute_infer?.ns) > 0 && Number(success?.ns) > Number(compute_infer?.ns));
    const [all] = (await statistics({})).replies as { model_stats: Message[] }[];
    assert.deepEqual(all?.model_stats.map(({ name }) => name).sort(), ['double', 'patient', 'slow']);
    assert.equal((await statistics({ name: 'nothing' })).code, 'NOT_FOUND');
  });
});
