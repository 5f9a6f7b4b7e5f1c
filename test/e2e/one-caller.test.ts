/** What one caller sends does not keep others from being answered. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, inferPath, inferRequest, type Message, type Told } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const throws = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => {
  if (x.data[0] !== 1) throw new Error('not this one');
  return { y: { shape: x.shape, data: x.data } };
});
`;
const strict = `pipeline: strict
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  a: { transform: ./throws.ts, inputs: { x: x } }
outputs: { y: a.y }
`;

let mesh: TestMesh;
let keys: { good: string; bad: string };
let caller: Caller;
before(async () => {
  const slow = { 'models/slow': sampleModels.slowLoop(), 'models/slow/model.yaml': 'runLimitMs: 1000\n' };
  const files = { ...slow, 'throws.ts': throws, 'pipelines/strict.yaml': strict, 'policies.yaml': '{}\n' };
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, { good: { tenant: 'good' }, bad: { tenant: 'bad' } });
  });
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});
const ask = (who: keyof typeof keys, request: Message, timeoutMs = 10_000): Promise<Told> =>
  caller.call(inferPath, request, { 'x-api-key': keys[who] }, timeoutMs);
const loops = (iterations: number): Message => ({
  model_name: 'slow',
  inputs: [{ name: 'x', datatype: 'INT64', shape: [] }],
  raw_input_contents: [Buffer.from(BigInt64Array.of(BigInt(iterations)).buffer)],
});

describe('calls of one caller that fail', () => {
  it('by what makes a transform throw open none at all', async () => {
    const wrong = { ...inferRequest('strict'), raw_input_contents: [Buffer.alloc(8)] };
    for (let n = 0; n < 40; n++) assert.equal((await ask('bad', wrong)).code, 'INTERNAL');
    for (const who of ['good', 'bad'] as const) assert.equal((await ask(who, inferRequest('strict'))).code, 'OK');
  });

  it('by ending processes again and again, with ever other inputs, are refused for a time, also where it leaves before', async () => {
    const ends = (): number => mesh.events.filter((line) => /^slow\S* .*starts? again/.test(line)).length;
    const isBack = async (): Promise<boolean> => (await ask('good', loops(1))).code === 'OK';
    assert.equal((await ask('bad', loops(2 ** 40))).reason, 'RUN_LIMIT_EXCEEDED');
    await waitFor(isBack);
    // On a machine that is busy the time of a call may be over before it is run.
    await waitFor(async () => {
      if (ends() < 2) assert.notEqual((await ask('bad', loops(2 ** 41), 500)).reason, 'RUN_LIMIT_EXCEEDED');
      return ends() === 2;
    });
    await waitFor(isBack);
    const refused = await ask('bad', loops(2 ** 42));
    assert.deepEqual([refused.code, refused.reason], ['RESOURCE_EXHAUSTED', 'CALLER_SLOWED']);
    const pushback = Number(refused.trailers.get('grpc-retry-pushback-ms'));
    assert.ok(pushback > 0 && pushback <= 10_000, `${pushback}`);
    assert.equal(refused.trailers.get('x-mesh-decision'), 'offender:slow');
    assert.equal((await ask('bad', inferRequest('strict'))).code, 'OK', 'other services it may ask');
    assert.equal(ends(), 2);
  });
});
