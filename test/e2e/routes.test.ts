import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, numbersOf } from '../support/caller.ts';
import { addKeys, createIssuer, issuerName } from '../support/credentials.ts';
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
routes:
  alias: { to: one }
  pinned: { to: two/1 }
  canary: { split: { one: 90, two: 7, sum: 3 } }
  sticky: { split: { one: 1, two: 1 }, sticky: { metadata: x-user } }
  by-tenant: { split: { one: 1, two: 1 }, sticky: tenant }
  chosen:
    to: one
    when:
      - { metadata: x-channel, is: [phone, tablet], to: two }
      - { claim: plan, is: gold, to: sum }
  safe: { to: frail, fallback: one }
  unsafe: { to: frail }
`;
const sum = `pipeline: sum
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
stages:
  a: { model: one, inputs: { x: x } }
  b: { model: two, inputs: { x: a.y } }
  c: { model: two, inputs: { x: b.y } }
outputs: { y: c.y }
`;
const issuer = await createIssuer();
/** What each target makes of a 1. */
const factors: Readonly<Record<number, string>> = { 1: 'one', 2: 'two', 4: 'sum', 8: 'frail' };

let mesh: TestMesh;
let keys: Record<'acme' | 'narrow', string>;
let caller: Caller;
before(async () => {
  const files = {
    'models/one': sampleModels.scale(1),
    'models/two': sampleModels.scale(2),
    'models/frail': sampleModels.scale(8),
    'pipelines/sum.yaml': sum,
    'policies.yaml': policies,
    'jwks.json': issuer.jwks,
  };
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, { acme: { tenant: 'acme' }, narrow: { tenant: 'narrow', models: ['alias'] } });
  });
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});

/** Which model or pipeline answers. */
async function goes(name: string, metadata: Readonly<Record<string, string>> = {}, version = ''): Promise<string> {
  const own = 'authorization' in metadata ? {} : { 'x-api-key': keys.acme };
  const told = await caller.infer(name, { ...own, ...metadata }, { model_version: version });
  return told.code === 'OK' ? (factors[numbersOf(told)[0] ?? 0] ?? '?') : `${told.code}: ${told.message}`;
}

describe('a route', () => {
  it('is another name of a model, a version or a pipeline', async () => {
    assert.equal(await goes('alias'), 'one');
    assert.equal(await goes('pinned'), 'two');
    assert.match(await goes('alias', {}, '1'), /^NOT_FOUND: there is no model or pipeline "alias"$/);
  });

  it('is described, ready and healthy as what it leads to', async () => {
    const metadata = { 'x-api-key': keys.acme };
    const ask = (method: string, name: string) =>
      caller.call(`/inference.GRPCInferenceService/${method}`, { name }, metadata);
    const [described] = (await ask('ModelMetadata', 'alias')).replies;
    assert.deepEqual(
      [described?.['name'], described?.['versions'], described?.['platform']],
      ['alias', ['1'], 'onnxruntime_onnx'],
    );
    assert.equal((await ask('ModelReady', 'alias')).replies[0]?.['ready'], true);
    const health = await caller.call('/grpc.health.v1.Health/Check', { service: 'alias' }, metadata);
    assert.equal(health.replies[0]?.['status'], 'SERVING');
  });

  it('is what its callers may see, whatever it leads to', async () => {
    assert.equal(await goes('alias', { 'x-api-key': keys.narrow }), 'one');
    assert.match(await goes('one', { 'x-api-key': keys.narrow }), /^NOT_FOUND/);
  });

  it('shares calls out by weight, exactly over a hundred, also of 8 clients at the same time', async () => {
    for (let round = 0; round < 3; round++) {
      let left = 100;
      const counts: Record<string, number> = {};
      const client = async (): Promise<void> => {
        while (left-- > 0) {
          const to = await goes('canary');
          counts[to] = (counts[to] ?? 0) + 1;
        }
      };
      await Promise.all(Array.from({ length: round === 0 ? 1 : 8 }, client));
      assert.deepEqual(counts, { one: 90, two: 7, sum: 3 });
    }
  });

  it('keeps a caller with the same value on the same side, and both sides have some', async () => {
    const sides = new Set<string>();
    for (let user = 0; user < 20; user++) {
      const went = new Set<string>();
      for (let again = 0; again < 4; again++) went.add(await goes('sticky', { 'x-user': `user-${user}` }));
      assert.equal(went.size, 1, `user-${user}: ${[...went]}`);
      for (const side of went) sides.add(side);
    }
    assert.deepEqual([...sides].sort(), ['one', 'two']);
    const tenants = new Set(await Promise.all(Array.from({ length: 10 }, () => goes('by-tenant'))));
    assert.equal(tenants.size, 1);
    // Who says nothing is shared out call by call.
    assert.deepEqual([await goes('sticky'), await goes('sticky')].sort(), ['one', 'two']);
  });

  it('chooses by a header or a claim, the first that holds', async () => {
    const gold = { authorization: `Bearer ${await issuer.token({ tenant: 'acme', plan: 'gold' })}` };
    const basic = { authorization: `Bearer ${await issuer.token({ tenant: 'acme', plan: 'basic' })}` };
    assert.equal(await goes('chosen'), 'one');
    assert.equal(await goes('chosen', { 'x-channel': 'phone' }), 'two');
    assert.equal(await goes('chosen', { 'x-channel': 'tablet' }), 'two');
    assert.equal(await goes('chosen', { 'x-channel': 'desk' }), 'one');
    assert.equal(await goes('chosen', gold), 'sum');
    assert.equal(await goes('chosen', basic), 'one');
    assert.equal(await goes('chosen', { ...gold, 'x-channel': 'phone' }), 'two');
  });

  it('falls back while its target is not ready, loses no call, and comes back', async () => {
    assert.equal(await goes('safe'), 'frail');
    const frail = mesh.running.services.find(({ name }) => name === 'frail');
    assert.ok(frail);
    const seen = new Set<string>();
    process.kill(frail.pid, 'SIGKILL');
    await waitFor(async () => {
      const to = await goes('safe');
      seen.add(to);
      return to === 'one';
    });
    await waitFor(async () => {
      const to = await goes('safe');
      seen.add(to);
      return to === 'frail';
    });
    // A call that was under way may have begun there and is not made twice.
    assert.deepEqual(
      [...seen].filter((to) => to !== 'frail' && to !== 'one'),
      [],
    );
    await waitFor(async () => (await goes('unsafe')) === 'frail');
  });
});

describe('policies that change', () => {
  const change = async (text: string): Promise<string> => {
    await writeFile(join(mesh.mesh.folder, 'policies.yaml'), text);
    const { mesh: next, problems } = await readMesh(mesh.mesh.folder);
    if (!next) return problems.map(({ file, message }) => `${file}: ${message}`).join('\n');
    return mesh.running.update(next).then(String, (error: Error) => error.message);
  };

  it('are in force as a whole once they are right, and until then the old ones are', async () => {
    const broken: readonly [string, RegExp][] = [
      [`${policies}  gone: { to: nobody }\n`, /there is no model or pipeline "nobody"/],
      [`${policies}limits: [{ name: a, rate: fast }]\n`, /want a rate/],
      [`${policies}limits: [{ name: a, rate: 5/s, cost: "rows +" }]\n`, /Unexpected token/],
      [`${policies}whatever: 1\n`, /unknown key/],
      ['routes: [', /policies\.yaml/],
      [
        policies.replace('    - issuer', '    - ca: ./jwks.json\n      issuer'),
        /want a certificate in PEM; "\.\/jwks\.json" holds none/,
      ],
      [
        policies.replace('  jwt:', '  tokenBytesMax: 40000\n  jwt:'),
        /limits\.metadataBytesMax of at least 42048 in mesh\.yaml/,
      ],
      [policies.replace('./jwks.json', './nothing.json'), /found no "\.\/nothing\.json"/],
    ];
    for (const [text, expected] of broken) {
      assert.match(await change(text), expected);
      assert.equal(await goes('alias'), 'one');
    }
    assert.equal(await change(policies.replace('alias: { to: one }', 'alias: { to: two }')), 'true');
    assert.equal(await goes('alias'), 'two');
    const keySet = join(mesh.mesh.folder, 'jwks.json');
    await writeFile(keySet, `${await readFile(keySet, 'utf8')}\n`);
    const same = await readFile(join(mesh.mesh.folder, 'policies.yaml'), 'utf8');
    assert.equal(await change(same), 'true', 'a key set that changed was not taken up');
    assert.equal(await change(same), 'false');
    assert.equal((await caller.infer('alias')).reason, 'CREDENTIALS_MISSING');
    assert.equal(
      await change(`identity: { keys: false, anonymous: { tenant: all } }\nroutes: { alias: { to: one } }\n`),
      'true',
    );
    assert.equal((await caller.infer('alias')).code, 'OK');
    assert.equal((await caller.infer('alias', { 'x-api-key': keys.acme })).reason, 'TOKEN_INVALID');
  });

  it('keep the old ones when a file that they name is of no use to the gateway', async () => {
    await writeFile(join(mesh.mesh.folder, 'jwks.json'), '{"keys": 7}');
    assert.match(await change(policies.replace('one }', 'one }\n  more: { to: two }')), /key set .*cannot be used/);
    assert.equal((await caller.infer('alias')).code, 'OK');
  });
});
