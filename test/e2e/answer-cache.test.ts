/** Answers that the gateway keeps: what is asked again, what is not, and that no caller gets what another call should have. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { freePort } from '@sheaf/supervisor';
import { Caller, numbersOf, type Told } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { scrape } from '../support/scrape.ts';

const pipeline = (name: string, body: string): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
${body}outputs: { y: s.y }
`;
const metricsPort = await freePort();
const files = {
  'models/scale/1/model.onnx': sampleModels.scale(10),
  'models/scale/2/model.onnx': sampleModels.scale(20),
  'models/fresh': sampleModels.scale(1),
  'pipelines/by-channel.yaml': pipeline(
    'by-channel',
    `context: { channel: { metadata: x-channel, default: web } }
rules:
  before: [{ name: phones, when: context.channel == "phone", refuse: { code: PERMISSION_DENIED, message: no phones } }]
stages: { s: { model: scale, inputs: { x: x } } }
`,
  ),
  // What it reads of a call, it reads further down.
  'pipelines/around.yaml': pipeline('around', 'stages: { s: { pipeline: by-channel, inputs: { x: x } } }\n'),
  'policies.yaml': 'identity: { keys: true }\nlimits: [{ name: burst, rate: 10000/s, per: [tenant] }]\n',
  'mesh.yaml': `gateway: { metrics: { port: ${metricsPort} } }
aliases: { scale: { champion: 1, next: 2 } }
cache:
  answers:
    - { models: [scale, by-*, around], keep: 1h }
`,
};

let mesh: TestMesh;
let keys: Record<'acme' | 'other', string>;
let caller: Caller;
before(async () => {
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, { acme: { tenant: 'acme' }, other: { tenant: 'other' } });
  });
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});

const call = (
  model: string,
  metadata: Record<string, string> = {},
  request: Record<string, unknown> = {},
): Promise<Told> => caller.infer(model, { 'x-api-key': keys.acme, ...metadata }, request);
const cacheOf = (told: Told): string | undefined => told.trailers.get('x-cache');
/** How each of two calls, one after the other, was answered. */
const twice = async (model: string, metadata: Record<string, string> = {}, request: Record<string, unknown> = {}) => {
  const first = await call(model, metadata, request);
  const second = await call(model, metadata, request);
  assert.deepEqual(numbersOf(second), numbersOf(first));
  return [cacheOf(first), cacheOf(second)];
};

describe('the cache of a gateway', () => {
  it('answers what was asked before, and tells so; names that it is not about are asked each time', async () => {
    assert.deepEqual(await twice('scale'), ['miss', 'hit']);
    assert.deepEqual(await twice('by-channel'), ['miss', 'hit']);
    assert.deepEqual(await twice('fresh'), [undefined, undefined]);
    const old = await call('scale');
    assert.match(old.trailers.get('age') ?? '', /^\d+$/);
    assert.equal(old.replies[0]?.['model_version'], '1');
  });

  it('keeps tenants and versions apart, by whatever name a version is asked', async () => {
    assert.equal(cacheOf(await call('scale', { 'x-api-key': keys.other })), 'miss');
    const next = await call('scale', {}, { model_version: 'next' });
    assert.deepEqual([cacheOf(next), numbersOf(next)[0]], ['miss', 20]);
    assert.equal(cacheOf(await call('scale', {}, { model_version: '2' })), 'hit');
  });

  it('keeps calls apart of which a pipeline reads something else, also where it reads it further down', async () => {
    for (const model of ['by-channel', 'around']) {
      assert.equal((await call(model)).code, 'OK');
      assert.equal((await call(model, { 'x-channel': 'phone' })).code, 'PERMISSION_DENIED', model);
      assert.deepEqual(await twice(model, { 'x-channel': 'post' }), ['miss', 'hit'], model);
      // Nobody reads it.
      assert.equal(cacheOf(await call(model, { 'x-colour': 'red' })), 'hit', model);
    }
  });

  it('has no answer for whom the limits or the keys refuse', async () => {
    assert.equal((await caller.infer('scale', { 'x-api-key': 'wrong' })).code, 'UNAUTHENTICATED');
  });

  it('answers an alias that was moved by the version that it means now, and after a rollback by what was kept', async () => {
    const became = async (champion: number): Promise<readonly Told[]> => {
      await mesh.running.steer({
        aliases: new Map([
          [
            'scale',
            new Map([
              ['champion', String(champion)],
              ['next', '2'],
            ]),
          ],
        ]),
      });
      return [await call('scale'), await call('around', { 'x-channel': 'moved' })];
    };
    const of = (told: readonly Told[]) => told.map((one) => [numbersOf(one)[0], cacheOf(one)]);
    await became(1);
    const there = of(await became(2));
    assert.deepEqual(there, [
      [20, 'hit'],
      [20, 'miss'],
    ]);
    assert.deepEqual(of(await became(1)), [
      [10, 'hit'],
      [10, 'hit'],
    ]);
  });

  it('asks anew when the content of a version is another one', async () => {
    assert.deepEqual(await twice('around', { 'x-channel': 'shop' }), ['miss', 'hit']);
    await writeFile(join(mesh.mesh.folder, 'models/scale/1/model.onnx'), sampleModels.scale(7));
    const { mesh: read, problems } = await readMesh(mesh.mesh.folder);
    assert.deepEqual(problems, []);
    await mesh.running.update(read as NonNullable<typeof read>);
    for (const model of ['scale', 'around', 'by-channel']) assert.equal(numbersOf(await call(model))[0], 7, model);
  });

  it('is counted', async () => {
    const told = await scrape(metricsPort);
    assert.ok(told.sum('sheaf_cache_answers_total', { model: 'scale', result: 'hit' }) >= 3);
    assert.ok(told.sum('sheaf_cache_entries') > 3);
    assert.ok(told.sum('sheaf_cache_bytes') > 3 * 8);
  });
});
