/** Inferences that are submitted to a running mesh, which is long since one mesh is started for all of it. The test itself works them off, so that each state is there for as long as it is looked at. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits, tensorOfNumbers } from '@sheaf/inference';
import { openWork, type Work } from '@sheaf/jobs';
import { sampleModels } from '@sheaf/onnx/testing';
import { connectJobs, decodeRequest, encodeResponse, type JobsConnection } from '@sheaf/transport';
import { writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const policies = `routes:
  later: { split: { double: 1 } }
limits:
  - { name: few, rate: 6/h, burst: 5, per: [key], models: [limited] }
`;
const worker = { worker: 'test', kinds: ['infer'], count: 1, leaseMs: 60_000 } as const;

let folder: string;
let mesh: RunningCommand;
let address: string;
let work: Work;
const keys = new Map<string, string>();
const connections: JobsConnection[] = [];

async function createKey(name: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await runSheaf(['keys', 'create', folder, ...args]);
  assert.equal(code, 0, stderr);
  keys.set(name, stdout.trim());
}
const jobs = (who: string, ...args: string[]) =>
  runSheaf(['jobs', ...args, '--address', address, '--key', keys.get(who) ?? '']);
function callsOf(who: string): JobsConnection['jobs'] {
  const metadata = { 'x-api-key': keys.get(who) ?? '' };
  const connection = connectJobs(address, { metadata, tls: undefined, timeoutMs: 20_000 });
  connections.push(connection);
  return connection.jobs;
}
/** Does the next job, which doubles. */
async function workOff(): Promise<string> {
  const [lease] = await work.jobs.claim(worker);
  assert.ok(lease?.payload instanceof Uint8Array);
  const { request } = decodeRequest(Buffer.from(lease.payload), defaultLimits);
  const { model, inputs } = request;
  assert.equal(model, lease.job.subject);
  assert.deepEqual(inputs[0]?.shape, [1, 2]);
  const outputs = [tensorOfNumbers('y', 'FP32', [1, 2], [2, 4])];
  const { subject, version } = lease.job;
  const response = { model: subject, version, parameters: new Map(), outputs };
  await work.jobs.complete(lease, { kind: 'succeeded', result: encodeResponse({ response, id: '', typed: false }, 0) });
  return lease.jobId;
}

before(async () => {
  folder = await writeFolder({
    'models/double': sampleModels.scale(2),
    'models/limited': sampleModels.scale(2),
    'policies.yaml': policies,
    'mesh.yaml': 'jobs: { workers: 0 }\n',
  });
  await createKey('alice', '--tenant', 'a', '--role', 'infer', '--models', '*');
  await createKey('routed', '--tenant', 'r', '--role', 'infer', '--models', 'later');
  await createKey('bob', '--tenant', 'b', '--role', 'infer', '--models', '*');
  await createKey('admin', '--tenant', 'ops', '--role', 'admin', '--models', '*');
  mesh = startSheaf(['up', folder, '--port', '0']);
  const line = /the mesh is up: gRPC on (\S+);/;
  await waitFor(() => line.test(mesh.output()), mesh.output);
  address = line.exec(mesh.output())?.[1] ?? '';
  work = await openWork(folder);
});
after(async () => {
  for (const { close } of connections) close();
  await work.close();
  mesh.kill('SIGINT');
  await mesh.ended;
  await rm(folder, { recursive: true });
});

describe('jobs of a mesh', () => {
  it('are submitted, watched and looked at by commands, and tell what infer would', async () => {
    const submitted = await jobs('alice', 'submit', 'double', '[[1, 2]]');
    assert.equal(submitted.code, 0, submitted.stderr);
    const id = submitted.stdout.trim();
    const watching = jobs('alice', 'watch', id, '--json');
    assert.equal(await workOff(), id);
    const watched = await watching;
    assert.equal(watched.code, 0, watched.stderr);
    assert.match(watched.stderr, /^(queued|running|succeeded) {2}double\/1$/m);
    const asked = await runSheaf([
      'infer',
      'double',
      '[[1, 2]]',
      '--json',
      '--address',
      address,
      '--key',
      keys.get('alice') ?? '',
    ]);
    assert.deepEqual(JSON.parse(watched.stdout).outputs, JSON.parse(asked.stdout).outputs);
    assert.match((await jobs('alice', 'list')).stdout, new RegExp(`^${id} .*double/1 .*succeeded`, 'm'));
    assert.match((await jobs('alice', 'delete', id)).stdout, /is deleted/);
    const gone = await jobs('alice', 'get', id);
    assert.notEqual(gone.code, 0);
    assert.match(gone.stderr, /there is no job/);
  });

  it('go by the policies that an inference goes by, and are no way around them', async () => {
    const unseen = await jobs('routed', 'submit', 'double', '[[1, 2]]');
    assert.match(unseen.stderr, /there is no model or pipeline "double"/);
    const wrong = await callsOf('alice')
      .submit({
        ...{ model: 'double', version: '', id: '', parameters: new Map(), outputs: [] },
        inputs: [tensorOfNumbers('x', 'FP32', [1, 3], [1, 2, 3])],
      })
      .catch((error: unknown) => error);
    assert.equal((wrong as { code: string }).code, 'INVALID_ARGUMENT');
    const inputs = [tensorOfNumbers('x', 'FP32', [1, 2], [1, 2])];
    const limited = { model: 'limited', version: '', id: '', parameters: new Map(), inputs, outputs: [] };
    const calls = callsOf('alice');
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => calls.submit(limited)));
    const taken = outcomes.filter(({ status }) => status === 'fulfilled');
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(taken.length, 5);
    for (const { reason } of refused) assert.equal(reason.code, 'RESOURCE_EXHAUSTED');
    const admin = await runSheaf([
      'jobs',
      'submit',
      'double',
      '[[1, 2]]',
      '--address',
      address,
      '--key',
      keys.get('admin') ?? '',
    ]);
    assert.match(admin.stderr, /wants the role infer/);
    for (const { id } of (await calls.list({ states: ['queued'] })).jobs ?? []) await calls.cancel({ id });
  });

  it('do not tell who submits by a route where it leads', async () => {
    const calls = callsOf('routed');
    const inputs = [tensorOfNumbers('x', 'FP32', [1, 2], [1, 2])];
    const { name } = await calls.submit({
      model: 'later',
      version: '',
      id: '',
      parameters: new Map(),
      inputs,
      outputs: [],
    });
    const id = name.replace('operations/', '');
    const told = [await calls.get({ id })];
    await workOff();
    told.push(await calls.get({ id }));
    assert.equal(told[1]?.job?.state, 'succeeded');
    assert.ok(!JSON.stringify(told).includes('double'));
    assert.ok(!told[1]?.result?.value.includes('double'));
  });

  it('of another tenant are not there, and operators end them on the record', async () => {
    const submitted = await jobs('alice', 'submit', 'double', '[[1, 2]]', '--idempotency-key', 'k1');
    const id = submitted.stdout.trim();
    assert.equal((await jobs('alice', 'submit', 'double', '[[1, 2]]', '--idempotency-key', 'k1')).stdout.trim(), id);
    assert.match(
      (await jobs('alice', 'submit', 'double', '[[1, 3]]', '--idempotency-key', 'k1')).stderr,
      /want another key/,
    );
    for (const action of ['get', 'watch', 'cancel', 'retry', 'delete'])
      assert.match((await jobs('bob', action, id)).stderr, /there is no job/, action);
    assert.equal((await jobs('bob', 'list')).stdout.trim(), 'no jobs');
    assert.match((await jobs('admin', 'list', '--tenant', 'a', '--state', 'queued')).stdout, new RegExp(id));
    assert.match((await jobs('admin', 'cancel', id)).stdout, /cancelled/);
    const audit = await runSheaf(['admin', 'audit', '--address', address, '--key', keys.get('admin') ?? '']);
    assert.match(audit.stdout, new RegExp(`job\\.cancel +${id}`));
    assert.match((await jobs('alice', 'cancel', id)).stderr, /want one that has not ended/);
    assert.match((await jobs('alice', 'retry', id)).stdout, /queued/);
    assert.match((await jobs('alice', 'cancel', id)).stdout, /cancelled/);
  });

  it('that want to tell a place which nobody has allowed are refused', async () => {
    const bad = await jobs('alice', 'submit', 'double', '[[1, 2]]', '--callback', 'https://169.254.169.254/latest');
    assert.match(bad.stderr, /callback_url/);
  });

  it('in a message of many small fields are refused as it is read', async () => {
    const client = new grpc.Client(address, grpc.credentials.createInsecure());
    const metadata = new grpc.Metadata();
    metadata.set('x-api-key', keys.get('alice') ?? '');
    // The priority, again and again.
    const message = Buffer.from(Array.from({ length: 2_000 }, () => [0x18, 1]).flat());
    const asItIs = (bytes: Buffer): Buffer => bytes;
    const error = await new Promise<grpc.ServiceError | null>((resolve) => {
      client.makeUnaryRequest('/sheaf.jobs.v1.Jobs/Submit', asItIs, asItIs, message, metadata, (told) => resolve(told));
    });
    client.close();
    assert.equal(error?.code, grpc.status.INVALID_ARGUMENT);
    assert.match(error?.details ?? '', /want at most 64 fields around the request/);
  });
});
