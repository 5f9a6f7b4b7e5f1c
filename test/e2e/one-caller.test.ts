/** What one caller sends does not keep others from being answered. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller, inferPath, inferRequest, type Message, type Told } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';

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
let door: Caller;
before(async () => {
  const files = { 'throws.ts': throws, 'pipelines/strict.yaml': strict, 'policies.yaml': '{}\n' };
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, { good: { tenant: 'good' }, bad: { tenant: 'bad' } });
  });
  door = new Caller(mesh.running.gateway.port);
});
after(async () => {
  door?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});
const ask = (who: keyof typeof keys, request: Message): Promise<Told> =>
  door.call(inferPath, request, { 'x-api-key': keys[who] });
describe('calls of one caller that fail', () => {
  it('by what makes a transform throw open none at all', async () => {
    const wrong = { ...inferRequest('strict'), raw_input_contents: [Buffer.alloc(8)] };
    for (let n = 0; n < 40; n++) assert.equal((await ask('bad', wrong)).code, 'INTERNAL');
    for (const who of ['good', 'bad'] as const) assert.equal((await ask(who, inferRequest('strict'))).code, 'OK');
  });
});
