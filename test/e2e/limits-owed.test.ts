/** What calls are held to that fail, run nothing or run more than anybody could know before: all that they cost is theirs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, inferPath, inferRequest, type Message, type Told } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';

/** So slow that no test sees anything come back. */
const never = 'rate: 1/h';
const policies = `limits:
  - { name: few, ${never}, burst: 5, tenants: [few-*] }
  - { name: daily, quota: 100/day, tenants: [daily] }
  - { name: parts, ${never}, burst: 1000, cost: "1.0", tenants: [parts] }
  - { name: rows, ${never}, burst: 1000, cost: rows, tenants: [rows] }
  - { name: quota, quota: 1000/day, cost: "1.0", tenants: [quota] }
`;
const each = `pipeline: each
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  all: { each: { model: member }, over: [x], inputs: { x: x } }
outputs: { y: all.y }
`;

const zeros = (n: number): Message => ({
  model_name: 'zeros',
  inputs: [{ name: 'x', datatype: 'INT64', shape: [1] }],
  raw_input_contents: [Buffer.from(BigInt64Array.of(BigInt(n)).buffer)],
});
const good = inferRequest('member', 1);
/** What a caller may send, and what it is told as long as it may. */
const useless: Readonly<Record<string, { readonly request: Message; readonly reason: string }>> = {
  'of an input that its model does not take': {
    request: { ...good, inputs: [{ name: 'z', datatype: 'FP32', shape: [1, 2] }] },
    reason: 'TENSOR_INVALID',
  },
  'whose message cannot be read': {
    request: { ...good, inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3] }] },
    reason: 'TENSOR_INVALID',
  },
  'whose message is too large': {
    request: { ...good, raw_input_contents: [Buffer.alloc(2_000_000)] },
    reason: 'MESSAGE_TOO_LARGE',
  },
  'for a name that is not there': { request: { ...good, model_name: 'nobody' }, reason: 'MODEL_NOT_FOUND' },
  'for a name that its caller may not see': { request: { ...good, model_name: 'hidden' }, reason: 'MODEL_NOT_FOUND' },
  'for a plan of what has none': {
    request: { ...good, parameters: { sheaf_plan: { bool_param: true } } },
    reason: 'TENSOR_INVALID',
  },
  'that run, and whose answer is too large': { request: zeros(1_000_000), reason: 'RUN_FAILED' },
};
const names = Object.keys(useless);
const small = Object.entries(useless).flatMap(([what, { request }]) =>
  what.endsWith('message is too large') ? [] : [request],
);

let mesh: TestMesh;
let keys: Record<string, string>;
let caller: Caller;
before(async () => {
  const models = {
    'models/member': sampleModels.scale(1),
    'models/hidden': sampleModels.scale(1),
    'models/zeros': sampleModels.zeros(),
  };
  const files = { ...models, 'pipelines/each.yaml': each, 'policies.yaml': policies };
  mesh = await startTestMesh({ ...files, 'mesh.yaml': 'limits: { messageBytesMax: 1000000 }\n' }, async (folder) => {
    const few = [...names.keys(), 'plan', 'mixed'].map((name) => `few-${name}`);
    const tenants = [...few, 'daily', 'parts', 'rows', 'quota'];
    const seen = ['member', 'zeros', 'each', 'nobody'];
    keys = await addKeys(folder, Object.fromEntries(tenants.map((tenant) => [tenant, { tenant, models: seen }])));
  });
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});
const ask = (who: string, request: Message, by = caller): Promise<Told> =>
  by.call(inferPath, request, { 'x-api-key': keys[who] ?? '' });
const remaining = ({ trailers }: Told): number =>
  Number(/";r=(\d+)/.exec(trailers.get('ratelimit') ?? '')?.[1] ?? Number.NaN);

/** The reasons of so many calls, 8 at a time, and how often each came. */
async function reasonsOf(calls: number, send: () => Promise<Told>): Promise<Map<unknown, number>> {
  const reasons = new Map<unknown, number>();
  let left = calls;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const { code, reason = code } = await send();
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return reasons;
}

describe('a rate', () => {
  for (const [index, [what, { request, reason }]] of Object.entries(useless).entries())
    it(`holds calls ${what} like any other`, async () => {
      // A connection that sends much after it was refused is dropped.
      using own = new Caller(mesh.running.gateway.port);
      const reasons = await reasonsOf(100, () => ask(`few-${index}`, request, own));
      assert.equal(reasons.get(reason), 5);
      const others = [...reasons.keys()].filter(
        (told) => !['RATE_LIMITED', 'UNAVAILABLE', reason].includes(String(told)),
      );
      assert.deepEqual(others, []);
      const told = await ask(`few-${index}`, request);
      assert.deepEqual([told.code, remaining(told)], ['RESOURCE_EXHAUSTED', 0]);
      assert.equal(told.trailers.get('x-mesh-decision'), 'limit:few');
      assert.ok(Number(told.trailers.get('grpc-retry-pushback-ms')) > 600_000);
    });

  it('holds plans like any other', async () => {
    const request = { ...inferRequest('each', 1), parameters: { sheaf_plan: { bool_param: true } } };
    const reasons = await reasonsOf(100, () => ask('few-plan', request));
    assert.deepEqual(
      [...reasons].sort(),
      [
        ['RATE_LIMITED', 95],
        ['OK', 5],
      ].sort(),
    );
  });

  it('is one for all of them together', async () => {
    let next = 0;
    const reasons = await reasonsOf(70, () => ask('few-mixed', small[next++ % small.length] ?? good));
    assert.equal(reasons.get('RATE_LIMITED'), 65);
  });
});

describe('a quota', () => {
  it('is not touched by what ran nothing, and pays for what ran and failed', async () => {
    const before = remaining(await ask('daily', good));
    for (const request of small.slice(0, -1)) await ask('daily', request);
    assert.equal(remaining(await ask('daily', good)), before - 1);
    await ask('daily', zeros(1_000_000));
    assert.equal(remaining(await ask('daily', good)), before - 3);
  });
});

describe('the parts of an each', () => {
  it('are paid for one by one, and what they cost beyond what was left is owed', async () => {
    for (const who of ['parts', 'quota']) {
      const before = remaining(await ask(who, good));
      assert.equal((await ask(who, inferRequest('each', 700))).code, 'OK');
      assert.equal(before - remaining(await ask(who, good)), 701, who);
      assert.equal((await ask(who, inferRequest('each', 1_024))).code, 'OK');
      const refused = await ask(who, good);
      assert.deepEqual([refused.code, remaining(refused)], ['RESOURCE_EXHAUSTED', 0], who);
    }
    // The whole hour's worth of what it owes beyond the burst: 726 calls of which 298 were left.
    const refused = await ask('parts', good);
    assert.ok(Number(refused.trailers.get('grpc-retry-pushback-ms')) > 426 * 3_600_000 * 0.99);
  });

  it('cost together what the whole costs where that goes by rows', async () => {
    const before = remaining(await ask('rows', good));
    await ask('rows', inferRequest('each', 300));
    assert.equal(before - remaining(await ask('rows', good)), 301);
  });
});
