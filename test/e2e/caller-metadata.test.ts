import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, everyMethod, inferPath, inferRequest, type Message } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';

const policies = `limits:
  - { name: calls, rate: 100000/s, burst: 50000 }
  - { name: daily, quota: 1000000/day, models: [double] }
`;
/** Answers whose rules see the caller and its metadata: what a reroute says of them. */
const seen = (key: string): string => `pipeline: sees-${key}
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
context: { seen: { metadata: ${key}, default: "" } }
stages:
  a: { model: double, inputs: { x: x } }
outputs: { y: a.y }
rules:
  before: [{ name: seen, when: 'context.seen != ""', refuse: it was seen }]
`;
const owned = ['x-mesh-decision', 'x-served-by', 'x-gateway-inference-fairness-id', 'x-tenant'];

let mesh: TestMesh;
let keys: Record<'standard' | 'sheddable' | 'critical' | 'bob', string>;
let caller: Caller;
before(async () => {
  const files = {
    'models/double': sampleModels.scale(2),
    'models/slow': sampleModels.slowLoop(),
    'mesh.yaml': 'services: { slow: { models: [slow], cpus: 1 } }\n',
    ...Object.fromEntries([...owned, 'x-free'].map((key) => [`pipelines/${key}.yaml`, seen(key)])),
    'policies.yaml': policies,
  };
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, {
      standard: { tenant: 'acme' },
      sheddable: { tenant: 'acme', priority: 'sheddable' },
      critical: { tenant: 'acme', priority: 'critical' },
      bob: { tenant: 'bobs', models: ['double'] },
    });
  });
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});
const as = (name: keyof typeof keys): Record<string, string> => ({ 'x-api-key': keys[name] });
const request = (iterations: number): Message => {
  const raw = Buffer.from(BigInt64Array.of(BigInt(iterations)).buffer);
  return { model_name: 'slow', inputs: [{ name: 'x', datatype: 'INT64', shape: [] }], raw_input_contents: [raw] };
};

interface Waiting {
  readonly who: keyof typeof keys;
  readonly metadata?: Record<string, string>;
  /** The parameter `priority`. */
  readonly parameter?: number;
}

/** The order in which two calls are answered that wait behind a third; the first of them comes first and has the earlier deadline. */
async function order(first: Waiting, second: Waiting): Promise<string> {
  const ended: string[] = [];
  const send = async (name: string, { who, metadata = {}, parameter }: Waiting): Promise<void> => {
    const parameters = parameter === undefined ? {} : { parameters: { priority: { int64_param: parameter } } };
    const timeoutMs = name === 'first' ? 9_000 : 10_000;
    const message = { ...request(20_000), ...parameters };
    const told = await caller.call(inferPath, message, { ...as(who), ...metadata }, timeoutMs);
    ended.push(told.code === 'OK' ? name : `${name}: ${told.message}`);
  };
  const busy = caller.call(inferPath, request(50_000), as('critical'));
  await Promise.all([busy, send('first', first), send('second', second)]);
  return ended.join(', ');
}

describe('the metadata of a caller', () => {
  it('has no effect where only the gateway may speak', async () => {
    const plain = await caller.infer('double', as('standard'));
    const forged = {
      'x-sheaf-ticket': '1',
      'x-gw-tenant': 'bobs',
      'x-gateway-inference-fairness-id': 'bobs',
      ratelimit: '"calls";r=1;t=1',
      'ratelimit-policy': '"calls";q=1',
      'grpc-retry-pushback-ms': '5',
      'x-ratelimit-degraded': 'share',
      'x-served-by': 'me',
      'x-mesh-decision': 'mine',
      'x-forwarded-client-cert': 'Subject=reader',
    };
    // Somebody else's call is under way, and its ticket would be one of these.
    const others = caller.call(inferPath, request(100_000), as('standard'));
    for (let ticket = 1; ticket < 50; ticket++) {
      const sent = { ...forged, 'x-sheaf-ticket': String(ticket) };
      assert.equal((await caller.infer('slow', { ...as('bob'), ...sent })).code, 'NOT_FOUND');
      assert.equal((await caller.infer('double', sent)).reason, 'CREDENTIALS_MISSING');
    }
    assert.equal((await others).code, 'OK');
    const told = await caller.infer('double', { ...as('standard'), ...forged });
    assert.equal(told.code, 'OK');
    assert.deepEqual([...told.trailers.keys()].sort(), [...plain.trailers.keys()].sort());
    for (const [key, value] of Object.entries(forged)) assert.notEqual(told.trailers.get(key), value, key);
    for (const key of owned) {
      const own = key === 'x-tenant' ? 'acme' : 'forged';
      assert.equal((await caller.infer(`sees-${key}`, { ...as('standard'), [key]: own })).code, 'OK', key);
    }
    const free = await caller.infer('sees-x-free', { ...as('standard'), 'x-free': 'mine' });
    assert.equal(free.message, 'rule seen: it was seen');
  });

  const lowered: readonly Omit<Waiting, 'who'>[] = [
    { metadata: { 'x-priority': 'sheddable' } },
    { metadata: { 'x-gateway-inference-objective': 'sheddable' } },
    { parameter: 3 },
    { metadata: { 'x-priority': 'standard' }, parameter: 3 },
  ];
  for (const given of lowered) {
    it(`lowers its priority by ${JSON.stringify(given)}`, async () => {
      assert.equal(await order({ who: 'standard', ...given }, { who: 'standard' }), 'second, first');
    });
  }

  const raised: readonly Omit<Waiting, 'who'>[] = [
    { metadata: { 'x-priority': 'critical' } },
    { metadata: { 'x-gateway-inference-objective': 'critical' } },
    { parameter: 1 },
    { metadata: { 'x-priority': 'critical' }, parameter: 1 },
  ];
  for (const given of raised) {
    it(`does not raise it by ${JSON.stringify(given)}`, async () => {
      assert.equal(await order({ who: 'standard' }, { who: 'standard', ...given }), 'first, second');
      assert.equal(await order({ who: 'standard' }, { who: 'sheddable', ...given }), 'first, second');
      assert.equal(await order({ who: 'standard' }, { who: 'critical', ...given }), 'second, first');
    });
  }

  it('is refused where it names a priority that there is not', async () => {
    const told = await caller.infer('double', { ...as('standard'), 'x-priority': 'urgent' });
    assert.equal(told.code, 'INVALID_ARGUMENT');
    assert.match(told.message, /metadata "x-priority": want critical, standard, sheddable, got "urgent"/);
  });

  it('keeps its request id, in answers of every kind; whoever sends none or a bad one is given one', async () => {
    const unary = everyMethod.filter((path) => path.startsWith('/inference.'));
    for (const path of unary) {
      const named = { ...inferRequest('double'), name: 'double' };
      const asked = (who: Record<string, string>, id: string | undefined) =>
        caller.call(path, named, id === undefined ? who : { ...who, 'x-request-id': id });
      for (const who of [as('standard'), {}, { 'x-api-key': 'bad' }]) {
        assert.equal((await asked(who, 'my-own:1')).trailers.get('x-request-id'), 'my-own:1', path);
        for (const id of [undefined, 'with a space', 'x'.repeat(129)])
          assert.match((await asked(who, id)).trailers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/, path);
      }
    }
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    for (const who of [as('standard'), {}])
      assert.equal((await caller.infer('double', { ...who, traceparent })).trailers.get('x-trace-id'), 'a'.repeat(32));
  });

  it('is answered with how the limits stand, good or bad', async () => {
    const left = async (model: string, more: Message = {}): Promise<number[]> => {
      const { trailers } = await caller.infer(model, as('bob'), more);
      const told = trailers.get('ratelimit') ?? '';
      assert.match(told, /^"calls";r=\d+;t=\d+, "daily";r=\d+;t=\d+$/);
      assert.equal(
        trailers.get('ratelimit-policy'),
        '"calls";q=50000;w=1;qu="requests", "daily";q=1000000;w=86400;qu="requests"',
      );
      return [...told.matchAll(/r=(\d+)/g)].map(([, remaining]) => Number(remaining));
    };
    assert.deepEqual(await left('double'), [49_999, 999_999]);
    assert.equal((await left('double'))[1], 999_998);
    const unknownInput = [{ name: 'z', datatype: 'FP32', shape: [1, 2] }];
    assert.equal((await left('double', { inputs: unknownInput }))[1], 999_997);
  });

  it('names 10,000 models that there are not, and memory stays flat and no bucket is made', async () => {
    const flood = async (round: string): Promise<number> => {
      const ask = async (start: number): Promise<void> => {
        for (let index = start; index < 10_000; index += 8)
          assert.equal((await caller.infer(`${round}-${index}`, as('standard'))).code, 'NOT_FOUND');
      };
      await Promise.all(Array.from({ length: 8 }, (_, start) => ask(start)));
      return (await mesh.running.gateway.vitals()).memoryBytes / 1024 ** 2;
    };
    const before = await flood('warm');
    // What a collection has not come to yet is no leak: the lower of two counts.
    const after = Math.min(await flood('cold'), await flood('other'));
    assert.ok(after - before < 64, `${before.toFixed(0)} MiB, then ${after.toFixed(0)} MiB`);
    const { trailers } = await caller.infer('double', as('bob'));
    assert.match(trailers.get('ratelimit') ?? '', /"daily";r=999997/);
  });
});
