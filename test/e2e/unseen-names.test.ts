/** What a caller may not see is named to it in no answer: not in errors, explanations, plans or metadata. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, type Told } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';

const pipeline = (name: string, stages: string, output: string): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
stages:
${stages}
outputs: { y: ${output} }
`;
const files = {
  'models/open': sampleModels.scale(2),
  'models/covert': sampleModels.scale(3),
  'models/failing': sampleModels.failingReshape(),
  'pipelines/shown.yaml': pipeline(
    'shown',
    `  first: { model: covert, inputs: { x: x } }
  second: { pipeline: buried, inputs: { x: first.y } }`,
    'second.y',
  ),
  'pipelines/buried.yaml': pipeline('buried', '  tunnel: { model: covert, inputs: { x: x } }', 'tunnel.y'),
  'fraudscore.ts': `import { defineTransform } from '@sheaf/inference';
const x = { datatype: 'FP32', shape: [-1, 2] } as const;
export default defineTransform({ inputs: { x }, outputs: { y: x } }, async ({ x: { data } }) => {
  if (data[0] === 7) await fetch('http://127.0.0.1:1/');
  throw new Error('no score');
});
`,
  'pipelines/outer.yaml': pipeline('outer', '  first: { pipeline: inside, inputs: { x: x } }', 'first.y'),
  'pipelines/inside.yaml': pipeline('inside', '  score: { transform: ./fraudscore.ts, inputs: { x: x } }', 'score.y'),
  'policies.yaml': `limits:
  - { name: each, rate: 1/h, burst: 40, per: [model] }
routes: { way: { to: covert } }
`,
};
const unseen = /covert|buried|tunnel|fraudscore|inside|127\.0\.0\.1/;

let mesh: TestMesh;
let keys: Record<'narrow' | 'wide' | 'operator', string>;
let caller: Caller;
before(async () => {
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, {
      narrow: { tenant: 'n', models: ['open', 'shown', 'way', 'outer'] },
      wide: { tenant: 'w' },
      operator: { tenant: 'o', roles: ['admin'] },
    });
  });
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});

/** All that is told, but for the outputs. */
const allOf = ({ code, message, details, trailers, replies }: Told): string =>
  JSON.stringify([code, message, [...details], [...trailers], replies], (_, value) =>
    value?.type === 'Buffer' || value instanceof Uint8Array ? 'bytes' : value,
  );
const asking = (parameter: string) => ({ parameters: { [parameter]: { bool_param: true } } });
const parameterOf = ({ replies }: Told, name: string): string => {
  const { parameters = {} } = (replies[0] ?? {}) as { parameters?: Record<string, { string_param?: string }> };
  return parameters[name]?.string_param ?? '';
};
const infer = (model: string, who: keyof typeof keys, more = {}): Promise<Told> =>
  caller.infer(model, { 'x-api-key': keys[who] }, more);

describe('names that a caller may not see', () => {
  it('are in no explanation, plan or list of versions; the shape stays', async () => {
    for (const [model, parameter, answer] of [
      ['shown', 'sheaf_explain', 'sheaf_explanation'],
      ['way', 'sheaf_explain', 'sheaf_explanation'],
      ['shown', 'sheaf_plan', 'sheaf_plan'],
    ] as const) {
      const [seen, all] = [
        await infer(model, 'narrow', asking(parameter)),
        await infer(model, 'wide', asking(parameter)),
      ];
      assert.equal(seen.code, 'OK', seen.message);
      assert.doesNotMatch(allOf(seen), unseen);
      assert.match(allOf(all), /covert/);
      // As many parts, of the same kinds.
      const shape = (told: Told): string[] =>
        parameterOf(told, answer).match(/"(kind|name|asks|stages|steps)":/g) ?? [];
      assert.deepEqual(shape(seen), shape(all));
      assert.ok(shape(seen).length > 0);
    }
    const told = await infer('shown', 'narrow', asking('sheaf_explain'));
    assert.match(parameterOf(told, 'sheaf_explanation'), /"name":"first".*"name":"hidden-\d+"/);
    assert.match(
      parameterOf(told, 'sheaf_versions'),
      /^first=hidden-\d+, second=hidden-\d+, second\.hidden-\d+=hidden-\d+$/,
    );
  });

  it('are not told by guessing them in the same call', async () => {
    const guessed = { sheaf_explain: true, covert: true, buried: true, tunnel: true, nosuch: true };
    const parameters = Object.fromEntries(
      Object.entries(guessed).map(([name, value]) => [name, { bool_param: value }]),
    );
    const told = await infer('shown', 'narrow', { parameters });
    assert.equal(told.code, 'OK', told.message);
    assert.doesNotMatch(allOf(told), unseen);
  });

  it('are those of transforms that only hidden pipelines ask too', async () => {
    const tell = async (who: keyof typeof keys, first: number): Promise<Told> =>
      infer('outer', who, { raw_input_contents: [Buffer.from(Float32Array.of(first, 1).buffer)] });
    for (const first of [1, 7]) {
      const [seen, all] = [await tell('narrow', first), await tell('wide', first)];
      assert.notEqual(seen.code, 'OK');
      assert.doesNotMatch(allOf(seen), unseen);
      assert.match(seen.message, /^stage first: stage hidden-\d+: transform "?hidden-\d+"? /);
      assert.match(all.message, /fraudscore/);
    }
  });

  it('are in no error, whatever went wrong inside', async () => {
    using operator = new Caller(mesh.running.gateway.port, { 'x-api-key': keys.operator });
    const forced = { service: '', endpoint: '', model: 'covert', version: '', to: 'OPEN' };
    assert.equal((await operator.call('/sheaf.admin.v1.Admin/ForceBreakers', forced)).code, 'OK');
    for (const model of ['shown', 'way']) {
      const [seen, all] = [await infer(model, 'narrow'), await infer(model, 'wide')];
      assert.deepEqual([seen.code, seen.reason], ['UNAVAILABLE', 'CIRCUIT_OPEN']);
      assert.doesNotMatch(allOf(seen), unseen);
      assert.match(allOf(all), /covert/);
    }
    assert.match(
      (await infer('shown', 'narrow')).message,
      /^stage first: service hidden-1: "hidden-1" has been stopped/,
    );
    await operator.call('/sheaf.admin.v1.Admin/ForceBreakers', { ...forced, to: 'AUTO' });
    // The limit is that of the model behind the route.
    let told = await infer('way', 'narrow');
    for (let at = 0; at < 60 && told.code === 'OK'; at++) told = await infer('way', 'narrow');
    assert.equal(told.reason, 'RATE_LIMITED');
    assert.doesNotMatch(allOf(told), unseen);
  });

  it('are in no metadata of what leads to them', async () => {
    for (const [name, version] of [
      ['way', ''],
      ['shown', ''],
      ['shown', '7'],
    ]) {
      const path = '/inference.GRPCInferenceService/ModelMetadata';
      const told = await caller.call(path, { name, version }, { 'x-api-key': keys.narrow });
      assert.doesNotMatch(allOf(told), unseen);
    }
  });
});
