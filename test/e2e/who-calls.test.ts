/** What the operator of a public server is told of its callers, and what it can say of where they come from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseApiKey } from '@sheaf/identity';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, type Told } from '../support/caller.ts';
import { addKeys, createIssuer, issuerName } from '../support/credentials.ts';
import { fromAddress } from '../support/from-address.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { waitFor } from '../support/wait-for.ts';

const models = { 'models/double': sampleModels.scale(2), 'models/secret': sampleModels.scale(3) };
const metadataPath = '/inference.GRPCInferenceService/ModelMetadata';
const wrongKey = `sheaf_${'a'.repeat(12)}_${'x'.repeat(43)}`;

type Keys = Record<'alice' | 'bob' | 'operator', string>;

async function startPublicMesh(policies: string, more = {}): Promise<{ readonly mesh: TestMesh; readonly keys: Keys }> {
  let keys = {} as Keys;
  const mesh = await startTestMesh({ ...models, ...more, 'policies.yaml': policies }, async (folder) => {
    keys = await addKeys(folder, {
      alice: { tenant: 'acme' },
      bob: { tenant: 'bobs', models: ['double'] },
      operator: { tenant: 'ops', roles: ['admin'] },
    });
  });
  return { mesh, keys };
}

const outcome = ({ code, reason }: Told): string => (code === 'OK' ? code : `${code} ${reason}`);

type Line = Readonly<Record<string, unknown>>;
const linesIn = (file: string): Line[] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
};

describe('the access log', () => {
  it('has a line for each refused call that says who, from where, what and why, and nothing secret', async () => {
    const policies = `accessLog: { file: ./access.log }
limits: [{ name: burst, rate: 1/h, burst: 2, tenants: [bobs] }]
`;
    const { mesh, keys } = await startPublicMesh(policies);
    await using _ = mesh;
    const file = join(mesh.mesh.folder, 'access.log');
    using caller = new Caller(mesh.running.gateway.port);
    using far = await fromAddress('127.0.0.2', mesh.running.gateway.port);
    using other = new Caller(far.port);
    const traceparent = `00-${'1'.repeat(32)}-${'b'.repeat(16)}-00`;
    await other.infer('double', { 'x-api-key': wrongKey, traceparent, 'x-secret': 'hush-hush' });
    await caller.infer('double');
    await caller.infer('double', { 'x-api-key': keys.alice });
    await caller.infer('secret', { 'x-api-key': keys.bob });
    await caller.infer('double', { 'x-api-key': keys.bob });
    await caller.infer('double', { 'x-api-key': keys.bob });
    await caller.call('/sheaf.admin.v1.Admin/GetLimits', {}, { 'x-api-key': keys.bob });
    await caller.call(metadataPath, { name: 'secret' }, { 'x-api-key': keys.bob });
    await caller.infer('double', { 'x-api-key': keys.alice }, { inputs: [] });
    await waitFor(
      () => linesIn(file).length >= 7,
      () => JSON.stringify(linesIn(file)),
    );
    const told = linesIn(file);
    const words = ['address', 'principal', 'tenant', 'method', 'model', 'code', 'reason'];
    const shown = told.map((line) => words.map((word) => String(line[word] ?? '-').replace(/^.*\//, '')).join(' '));
    const bob = `127.0.0.1 key:${parseApiKey(keys.bob)?.id} bobs`;
    const alice = `127.0.0.1 key:${parseApiKey(keys.alice)?.id} acme`;
    assert.deepEqual(shown, [
      '127.0.0.2 - - ModelInfer - UNAUTHENTICATED TOKEN_INVALID',
      '127.0.0.1 - - ModelInfer - UNAUTHENTICATED CREDENTIALS_MISSING',
      `${bob} ModelInfer secret NOT_FOUND MODEL_NOT_FOUND`,
      `${bob} ModelInfer double RESOURCE_EXHAUSTED RATE_LIMITED`,
      `${bob} GetLimits - PERMISSION_DENIED ROLE_MISSING`,
      `${bob} ModelMetadata secret NOT_FOUND MODEL_NOT_FOUND`,
      `${alice} ModelInfer - INVALID_ARGUMENT TENSOR_INVALID`,
    ]);
    for (const line of told) assert.ok(typeof line['ms'] === 'number' && typeof line['bytesIn'] === 'number');
    assert.equal(told[0]?.['trace'], '1'.repeat(32));
    const text = readFileSync(file, 'utf8');
    for (const secret of [wrongKey, ...Object.values(keys), 'hush-hush']) assert.ok(!text.includes(secret));
  });

  it('has every call where that is asked for, also by a reload, and only then', async () => {
    const { mesh, keys } = await startPublicMesh('accessLog: off\n');
    await using _ = mesh;
    const file = join(mesh.mesh.folder, 'access.log');
    using caller = new Caller(mesh.running.gateway.port, { 'x-api-key': keys.alice });
    assert.equal((await caller.infer('double')).code, 'OK');
    await writeFile(join(mesh.mesh.folder, 'policies.yaml'), 'accessLog: { calls: all, file: ./access.log }\n');
    using operator = new Caller(mesh.running.gateway.port, { 'x-api-key': keys.operator });
    assert.equal((await operator.call('/sheaf.admin.v1.Admin/Reload')).code, 'OK');
    await waitFor(() => linesIn(file).length === 1);
    assert.equal((await caller.infer('double')).code, 'OK');
    assert.equal((await caller.call(metadataPath, { name: 'double' })).code, 'OK');
    await waitFor(() => linesIn(file).length === 3);
    const [, infer = {}, metadata = {}] = linesIn(file);
    assert.deepEqual(
      [infer['model'], infer['code'], metadata['model'], metadata['code']],
      ['double', 'OK', 'double', 'OK'],
    );
    assert.ok(Number(infer['bytesIn']) > 8 && Number(infer['bytesOut']) > 8 && Number(infer['ms']) > 0);
  });
});

describe('a trace that its caller does not want', () => {
  const traceIds = async (policies: string): Promise<string[]> => {
    using receiver = await startOtlpReceiver();
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.endpoint;
    try {
      const { mesh, keys } = await startPublicMesh(policies);
      await using _ = mesh;
      using caller = new Caller(mesh.running.gateway.port);
      for (const [at, key] of [wrongKey, keys.alice].entries()) {
        const traceId = String(at + 1).repeat(32);
        const told = await caller.infer('double', {
          'x-api-key': key,
          traceparent: `00-${traceId}-${'b'.repeat(16)}-00`,
        });
        assert.equal(told.trailers.get('x-trace-id'), traceId);
      }
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    }
    // Every process has flushed its spans on the way out.
    return [...new Set(receiver.spans.map(({ service, traceId }) => `${traceId.slice(0, 1)} ${service}`))].sort();
  };

  it('is there at a public server, of what was refused and of what was let in, in every process', async () => {
    const seen = await traceIds('limits: []\n');
    assert.deepEqual(
      seen.filter((one) => one.endsWith('gateway')),
      ['1 sheaf-gateway', '2 sheaf-gateway'],
    );
    assert.equal(seen.length, 3);
  });

  it('is left out where callers are trusted', async () =>
    assert.deepEqual(await traceIds('trustCallersSampling: true\n'), []));
});

describe('addresses', () => {
  it('that are denied, or not allowed, come no further, whatever they show or ask', async () => {
    const { mesh, keys } = await startPublicMesh(
      'addresses: { allow: [127.0.0.0/8], deny: [127.0.0.2] }\nidentity: { open: [health] }\n',
    );
    await using _ = mesh;
    using near = new Caller(mesh.running.gateway.port);
    using place = await fromAddress('127.0.0.2', mesh.running.gateway.port);
    using far = new Caller(place.port);
    for (const metadata of [{}, { 'x-api-key': keys.alice }, { 'x-api-key': wrongKey }] as Record<string, string>[]) {
      assert.equal(outcome(await far.infer('double', metadata)), 'PERMISSION_DENIED ADDRESS_DENIED');
      const health = await far.call('/grpc.health.v1.Health/Check', {}, metadata);
      assert.equal(outcome(health), 'PERMISSION_DENIED ADDRESS_DENIED');
    }
    assert.equal(outcome(await near.infer('double', { 'x-api-key': keys.alice })), 'OK');
    assert.equal(outcome(await near.call('/grpc.health.v1.Health/Check', {})), 'OK');
  });

  it('may be said of a role, a key and an issuer', async () => {
    const issuer = await createIssuer();
    let keys = {} as Keys;
    const jwt = `{ issuer: ${issuerName}, audience: sheaf, jwks: ./jwks.json, algorithms: [ES256], tenant: t, addresses: [127.0.0.2] }`;
    await using mesh = await startTestMesh({ ...models, 'jwks.json': issuer.jwks }, async (folder) => {
      keys = await addKeys(folder, {
        alice: { tenant: 'acme' },
        bob: { tenant: 'bobs' },
        operator: { tenant: 'ops', roles: ['admin'] },
      });
      await writeFile(
        join(folder, 'policies.yaml'),
        `identity: { jwt: [${jwt}] }\naddresses:\n  roles: { admin: [127.0.0.2] }\n  keys: { ${parseApiKey(keys.alice)?.id}: [127.0.0.2] }\n`,
      );
    });
    using near = new Caller(mesh.running.gateway.port);
    using place = await fromAddress('127.0.0.2', mesh.running.gateway.port);
    using far = new Caller(place.port);
    const token = { authorization: `Bearer ${await issuer.token()}` };
    const asked = async (caller: Caller): Promise<string[]> => [
      outcome(await caller.infer('double', { 'x-api-key': keys.alice })),
      outcome(await caller.infer('double', { 'x-api-key': keys.bob })),
      outcome(await caller.infer('double', token)),
      outcome(await caller.call('/sheaf.admin.v1.Admin/GetLimits', {}, { 'x-api-key': keys.operator })),
    ];
    const denied = 'PERMISSION_DENIED ADDRESS_DENIED';
    assert.deepEqual(await asked(near), [denied, 'OK', denied, denied]);
    assert.deepEqual(await asked(far), ['OK', 'OK', 'OK', 'OK']);
  });

  it('have a limit each, also of callers that show nothing', async () => {
    const { mesh } = await startPublicMesh(
      'identity: { anonymous: { tenant: everyone } }\nlimits: [{ name: each, rate: 2/h, burst: 2, per: [address] }]\n',
    );
    await using _ = mesh;
    using near = new Caller(mesh.running.gateway.port);
    using place = await fromAddress('127.0.0.2', mesh.running.gateway.port);
    using far = new Caller(place.port);
    for (const caller of [near, far]) {
      const told = [await caller.infer('double'), await caller.infer('double'), await caller.infer('double')];
      assert.deepEqual(told.map(outcome), ['OK', 'OK', 'RESOURCE_EXHAUSTED RATE_LIMITED']);
    }
  });
});

describe('a caller that fails to authenticate again and again', () => {
  it('is not looked at for a while, alone of its address; who was good from there is let in', async () => {
    const trusted = { 'mesh.yaml': 'gateway: { trustedProxies: [127.0.0.1] }\n' };
    const { mesh, keys } = await startPublicMesh('identity: { throttle: { address: 5 } }\n', trusted);
    await using _ = mesh;
    using near = new Caller(mesh.running.gateway.port, { 'x-forwarded-for': '192.0.2.1' });
    using far = new Caller(mesh.running.gateway.port, { 'x-forwarded-for': '192.0.2.2' });
    using here = new Caller(mesh.running.gateway.port);
    assert.equal(outcome(await near.infer('double', { 'x-api-key': keys.alice })), 'OK');
    const told: Told[] = [];
    // The sixth, unless this machine takes longer than the wait from one call to the next: each wait is twice the one before.
    while (told.at(-1)?.code !== 'RESOURCE_EXHAUSTED' && told.length < 15)
      told.push(await near.infer('double', { 'x-api-key': wrongKey }));
    const last = told.at(-1) as Told;
    const before = told.slice(0, -1).map(outcome);
    assert.ok(before.length >= 5 && before.every((one) => one === 'UNAUTHENTICATED TOKEN_INVALID'), before.join());
    assert.equal(outcome(last), 'RESOURCE_EXHAUSTED AUTHENTICATION_THROTTLED');
    assert.ok(Number(last.trailers.get('grpc-retry-pushback-ms')) > 0);
    assert.equal(outcome(await near.infer('double', { 'x-api-key': keys.alice })), 'OK');
    assert.match(outcome(await near.infer('double', { 'x-api-key': keys.bob })), /^RESOURCE_EXHAUSTED/);
    assert.equal(outcome(await far.infer('double', { 'x-api-key': keys.bob })), 'OK');
    // Who comes from this machine may be anybody behind a proxy that nobody named.
    for (let at = 0; at < 8; at++)
      assert.equal(outcome(await here.infer('double', { 'x-api-key': wrongKey })), 'UNAUTHENTICATED TOKEN_INVALID');
    assert.equal(outcome(await here.infer('double', { 'x-api-key': keys.bob })), 'OK');
  });
});
