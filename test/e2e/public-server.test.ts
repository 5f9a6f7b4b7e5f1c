import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, everyMethod, inferPath, inferRequest, type Message, numbersOf, type Told } from '../support/caller.ts';
import { addKeys, createIssuer, issuerName, revokeKey } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const policies = `identity:
  jwt:
    - issuer: ${issuerName}
      audience: sheaf
      jwks: ./jwks.json
      algorithms: [ES256]
      tenant: { claim: tenant }
      claims: [plan]
limits:
  - { name: plenty, rate: 100000/s }
routes:
  fast: { to: double }
`;
const pipeline = (name: string): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
stages:
  a: { model: double, inputs: { x: x } }
outputs: { y: a.y }
`;
const issuer = await createIssuer();
const names = ['double', 'secret', 'plain', 'secret-plain'];
const reflected = ['v1', 'v1alpha'].map(
  (version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
);
/** Whoever may call these changes the gateway: that they work is shown elsewhere. */
const changes = (path: string): boolean =>
  /(Admin\/(Reload|Drain|Force\w+|Clear\w+|Set\w+|\w+Keys?)|RepositoryModel\w+)$/.test(path) ||
  (path.startsWith('/sheaf.registry.') && !/\/(Get|List|Watch|Download)\w*$/.test(path));
/** Of what is done later. */
const isLater = (path: string): boolean => /^\/(sheaf\.(jobs|predictions)\.|google\.longrunning\.)/.test(path);
/** Asks of one entry of the registry, or one job or prediction: there are none here. */
const isOfEntry = (path: string): boolean =>
  (path.startsWith('/sheaf.registry.') && !/\/(ListEntries|ListAudit|Watch)$/.test(path)) ||
  (isLater(path) && !/\/List(Operations)?$/.test(path));
const isForObservers = (path: string): boolean =>
  /^\/sheaf\.(admin|registry)\.|Health\/List$|Repository(Index|Model\w+)$/.test(path);
const openPaths = everyMethod.filter((path) => path !== inferPath && !isForObservers(path) && !isLater(path));
const mayCall = (path: string): 'operator' | 'watcher' | 'alice' => {
  if (changes(path)) return 'operator';
  return isForObservers(path) ? 'watcher' : 'alice';
};

let mesh: TestMesh;
let keys: Record<'alice' | 'bob' | 'old' | 'spare' | 'watcher' | 'operator', string>;
let caller: Caller;
before(async () => {
  const files = {
    'models/double': sampleModels.scale(2),
    'models/secret': sampleModels.scale(3),
    'pipelines/plain.yaml': pipeline('plain'),
    'pipelines/secret-plain.yaml': pipeline('secret-plain'),
    'policies.yaml': policies,
    'jwks.json': issuer.jwks,
    'mesh.yaml': 'aliases: { secret: { champion: 1 }, secret-plain: { champion: 1 } }\n',
  };
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, {
      alice: { tenant: 'acme' },
      bob: { tenant: 'bobs', models: ['double', 'plain', 'fast', 'ghost*'] },
      old: { tenant: 'acme', expiresAt: Date.now() - 1_000 },
      spare: { tenant: 'acme' },
      watcher: { tenant: 'acme', roles: ['observe'] },
      operator: { tenant: 'acme', roles: ['admin'] },
    });
  });
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});

const as = (name: keyof typeof keys): Record<string, string> => ({ 'x-api-key': keys[name] });
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Something that each method answers to whoever may ask. */
function requestOf(path: string): Message {
  if (path === inferPath) return inferRequest('double');
  if (/Model(Ready|Metadata|Config)$/.test(path)) return { name: 'double' };
  return path.endsWith('ServerReflectionInfo') ? { list_services: '' } : {};
}

function assertRefused(told: Told, code: string, reason: string, what: string): void {
  assert.deepEqual([told.code, told.reason, told.replies.length], [code, reason, 0], what);
  assert.equal(told.details.get('ErrorInfo')?.['domain'], 'sheaf', what);
  assert.equal(told.trailers.get('grpc-retry-pushback-ms'), '-1', what);
  assert.match(told.trailers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/, what);
}

async function badCredentials(): Promise<[string, Record<string, string>, string][]> {
  const token = await issuer.token({ tenant: 'acme' });
  const [head = '', body = '', signature = ''] = token.split('.');
  const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const past = Math.floor(Date.now() / 1000) - 3_600;
  const stranger = await (await createIssuer()).token({ tenant: 'acme' });
  return [
    ['no credential', {}, 'CREDENTIALS_MISSING'],
    ['an empty key', { 'x-api-key': '' }, 'TOKEN_INVALID'],
    ['an empty authorization', { authorization: '' }, 'TOKEN_INVALID'],
    ['another scheme', { authorization: `Basic ${token}` }, 'TOKEN_INVALID'],
    ['a key with one letter changed', { 'x-api-key': `${keys.alice.slice(0, -2)}xx` }, 'TOKEN_INVALID'],
    ['a key that has expired', as('old'), 'TOKEN_EXPIRED'],
    ['a key and a token', { ...as('alice'), ...bearer(token) }, 'TOKEN_INVALID'],
    ['a token that has expired', bearer(await issuer.token({ tenant: 'acme', exp: past })), 'TOKEN_EXPIRED'],
    ['a token for another audience', bearer(await issuer.token({ tenant: 'acme', aud: 'other' })), 'TOKEN_INVALID'],
    ['a token of another issuer', bearer(await issuer.token({ tenant: 'acme', iss: 'https://x' })), 'TOKEN_INVALID'],
    ['a token signed with another key', bearer(stranger), 'TOKEN_INVALID'],
    ['a token without a tenant', bearer(await issuer.token()), 'TOKEN_INVALID'],
    ['alg none', bearer(`${base64({ alg: 'none' })}.${body}.`), 'TOKEN_INVALID'],
    ['alg none, signed', bearer(`${base64({ alg: 'none' })}.${body}.${signature}`), 'TOKEN_INVALID'],
    ['changed claims', bearer(`${head}.${base64({ ...claims, tenant: 'bobs' })}.${signature}`), 'TOKEN_INVALID'],
    ['a bearer longer than all metadata may be', bearer('x'.repeat(40_000)), 'TOKEN_INVALID'],
    ['a key longer than all metadata may be', { 'x-api-key': 'x'.repeat(60_000) }, 'TOKEN_INVALID'],
    ['a token of 20 kB', bearer(await issuer.token({ tenant: 'acme', more: 'x'.repeat(15_000) })), 'TOKEN_INVALID'],
  ];
}

describe('the public server', () => {
  it('lets nobody in without a good credential, on every method, and answers the next good call', async () => {
    assert.ok(everyMethod.length >= 11, everyMethod.join());
    const wrong = await badCredentials();
    for (const path of everyMethod) {
      for (const [what, metadata, reason] of wrong)
        assertRefused(
          await caller.call(path, requestOf(path), metadata),
          'UNAUTHENTICATED',
          reason,
          `${path}: ${what}`,
        );
      if (!changes(path) && !isOfEntry(path))
        assert.equal((await caller.call(path, requestOf(path), as(mayCall(path)))).code, 'OK', path);
    }
  });

  it('knows every service that it tells of by reflection', async () => {
    const told = await caller.call(reflected[0] ?? '', { list_services: '' }, as('alice'));
    const { service = [] } = (told.replies[0]?.['list_services_response'] ?? {}) as { service?: { name: string }[] };
    assert.ok(service.length >= 2);
    for (const { name } of service)
      assert.ok(
        everyMethod.some((path) => path.startsWith(`/${name}/`)),
        name,
      );
  });

  it('survives a token of 1 MB on every method, and lets none of them in', async () => {
    for (const path of everyMethod) {
      using other = new Caller(mesh.running.gateway.port);
      const told = await other.call(path, requestOf(path), bearer('x'.repeat(1024 * 1024)));
      assert.notEqual(told.code, 'OK', path);
      assert.deepEqual(told.replies, [], path);
    }
    assert.equal((await caller.infer('double', as('alice'))).code, 'OK');
  });

  it('takes a key as a bearer too, and a token of its issuer', async () => {
    assert.deepEqual(numbersOf(await caller.infer('double', bearer(keys.alice))), [2, 2]);
    assert.deepEqual(numbersOf(await caller.infer('double', bearer(await issuer.token({ tenant: 'acme' })))), [2, 2]);
    const long = await issuer.token({ tenant: 'acme', groups: 'x'.repeat(11_000) });
    assert.deepEqual(numbersOf(await caller.infer('double', bearer(long))), [2, 2]);
  });

  it('refuses a key soon after it was revoked', async () => {
    assert.equal((await caller.infer('double', as('spare'))).code, 'OK');
    await revokeKey(mesh.mesh.folder, keys.spare);
    await waitFor(async () => (await caller.infer('double', as('spare'))).code !== 'OK');
    for (const path of everyMethod)
      assertRefused(await caller.call(path, requestOf(path), as('spare')), 'UNAUTHENTICATED', 'TOKEN_INVALID', path);
    assert.equal((await caller.infer('double', as('alice'))).code, 'OK');
  });

  it('asks for the role of each method', async () => {
    for (const who of ['watcher', 'operator'] as const) {
      const told = await caller.infer('double', as(who));
      assertRefused(told, 'PERMISSION_DENIED', 'ROLE_MISSING', who);
      assert.equal(told.trailers.get('x-mesh-decision'), 'authorisation');
      assert.equal((await caller.call('/grpc.health.v1.Health/List', {}, as(who))).code, 'OK');
    }
    const list = await caller.call('/grpc.health.v1.Health/List', {}, as('alice'));
    assertRefused(list, 'PERMISSION_DENIED', 'ROLE_MISSING', 'List');
    for (const path of everyMethod.filter(changes))
      for (const who of ['alice', 'watcher'] as const)
        assertRefused(await caller.call(path, requestOf(path), as(who)), 'PERMISSION_DENIED', 'ROLE_MISSING', path);
    for (const path of everyMethod.filter(isLater)) {
      const told = await caller.call(path, requestOf(path), as('alice'));
      assert.ok(['OK', 'NOT_FOUND', 'INVALID_ARGUMENT'].includes(told.code), `${path}: ${told.code}`);
      if (!/(Get|Wait|List)/.test(path))
        assertRefused(
          await caller.call(path, requestOf(path), as('watcher')),
          'PERMISSION_DENIED',
          'ROLE_MISSING',
          path,
        );
    }
    for (const path of openPaths)
      for (const who of ['alice', 'watcher', 'operator'] as const)
        assert.equal((await caller.call(path, requestOf(path), as(who))).code, 'OK', `${path} ${who}`);
  });

  it('hides what a tenant may not see: it is told of it what it is told of names that nobody has', async () => {
    /** All that a caller can tell of a name, the name itself left out. */
    const seen = async (name: string, version: string): Promise<string> => {
      const asked = [
        await caller.call(inferPath, { ...inferRequest(name), model_version: version }, as('bob')),
        await caller.call('/inference.GRPCInferenceService/ModelMetadata', { name, version }, as('bob')),
        await caller.call('/inference.GRPCInferenceService/ModelConfig', { name, version }, as('bob')),
        await caller.call('/inference.GRPCInferenceService/ModelReady', { name, version }, as('bob')),
        await caller.call('/grpc.health.v1.Health/Check', { service: name }, as('bob')),
        await caller.call('/grpc.health.v1.Health/Watch', { service: name }, as('bob')),
      ];
      const told = asked.map(({ code, message, reason, replies, details, trailers }) => {
        const keys = [...trailers.keys()].sort();
        return { code, message, reason, replies, details: [...details], keys };
      });
      return JSON.stringify(told).replaceAll(name, '<name>');
    };
    for (const version of ['', '1', '7', 'champion', 'nothing']) {
      const unknown = await seen('nobody', version);
      assert.match(unknown, /"code":"NOT_FOUND","message":"there is no model or pipeline \\"<name>\\"/);
      assert.match(unknown, /"ready":false/);
      for (const hidden of ['secret', 'secret-plain']) assert.equal(await seen(hidden, version), unknown);
      // A name that the tenant might see, were it there, is told like any other.
      assert.equal(await seen('ghost', version), unknown);
    }
    for (const name of names) assert.equal((await caller.infer(name, as('alice'))).code, 'OK', name);
  });

  it('refuses a tenant other than the one of the credential', async () => {
    for (const path of everyMethod) {
      const who = mayCall(path);
      const told = await caller.call(path, requestOf(path), { ...as(who), 'x-tenant': 'bobs' });
      assertRefused(told, 'PERMISSION_DENIED', 'TENANT_MISMATCH', path);
      if (!changes(path) && !isOfEntry(path))
        assert.equal((await caller.call(path, requestOf(path), { ...as(who), 'x-tenant': 'acme' })).code, 'OK', path);
    }
  });
});
