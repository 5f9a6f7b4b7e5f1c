import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  abortReason,
  CallCanceller,
  type CallContext,
  type Infer,
  InferError,
  type InferRequest,
  type InferResponse,
  Journal,
  type Parameter,
  type Principal,
  type Tensor,
  tensorOf,
} from '@sheaf/inference';
import { createAnswerStore, createRules, createSharedCalls, keepAnswers } from './index.ts';

const rule = { models: ['kept-*'], keepMs: 1_000, isShared: false };
const principal = (changes: Partial<Principal> = {}): Principal => ({
  ...{ id: 'key:a', tenant: 'acme', roles: ['infer'], models: ['*'], priority: 'standard', claims: {}, ...changes },
});
const request = (changes: Partial<InferRequest> = {}): InferRequest => ({
  ...{ model: 'kept-double', version: '', id: '', parameters: new Map(), outputs: [] },
  inputs: [tensorOf('x', 'FP32', [2], new Float32Array([1, 2]))],
  ...changes,
});

/** A gateway with a cache in front of something that can be counted. */
function createScene({ rules = [rule], bytesMax = 2 ** 20, infer }: Partial<Scene> = {}) {
  let now = 0;
  let asked = 0;
  let identity = 'v1';
  const answer: Infer = async ({ model }, context) => {
    asked++;
    return infer ? infer(asked, context) : answerOf(model, asked);
  };
  const store = createAnswerStore(bytesMax);
  const layer = keepAnswers({
    ...{ ruleOf: createRules({ rules }), identityOf: () => identity, store, calls: createSharedCalls() },
  });
  const ask = async (
    asking = request(),
    {
      who = principal(),
      headers = {},
      signal = new CallCanceller(),
      deadline = 1e9,
      priority = 'standard',
    }: Asking = {},
  ) => {
    const trailers = new Map<string, string>();
    const journal = new Journal(trailers);
    const context: CallContext = {
      ...{
        deadline,
        priority,
        signal,
        snapshot: { epoch: 1 },
        journal,
        span: journal.start('request', 'x', undefined),
      },
      ...{ principal: who, metadata: (key) => headers[key], clock: { now: () => now, after: () => () => {} } },
    };
    const response = await layer(answer)(asking, context);
    return { response, told: trailers.get('x-cache'), age: trailers.get('age') };
  };
  return {
    ask,
    store,
    asked: () => asked,
    pass: (ms: number): void => {
      now += ms;
    },
    become: (other: string): void => {
      identity = other;
    },
  };
}
interface Scene {
  readonly rules: readonly (typeof rule)[];
  readonly bytesMax: number;
  readonly infer: (asked: number, context: CallContext) => Promise<InferResponse>;
}
interface Asking {
  readonly who?: Principal;
  readonly headers?: Record<string, string>;
  readonly signal?: CallCanceller;
  readonly deadline?: number;
  readonly priority?: Principal['priority'];
}

const answerOf = (model: string, asked: number, parameters = {}): InferResponse => ({
  ...{ model, version: '1', parameters: new Map(Object.entries(parameters)) },
  outputs: [tensorOf('y', 'INT32', [1], new Int32Array([asked]))],
});
const numberIn = ({ outputs: [output] }: InferResponse): number =>
  new Int32Array((output as Tensor).data.slice().buffer)[0] ?? 0;

describe('answers that are kept', () => {
  it('are given again, as they were, until their time is up, and tell how old they are', async () => {
    const { ask, asked, pass } = createScene();
    assert.equal((await ask()).told, 'miss');
    pass(999);
    const second = await ask(request({ id: 'another' }));
    assert.deepEqual([second.told, second.age, numberIn(second.response)], ['hit', '0', 1]);
    pass(1);
    assert.equal((await ask()).told, 'miss');
    assert.equal(asked(), 2);
  });

  it('are of names that a rule is about, and of no others', async () => {
    const { ask, asked } = createScene();
    for (let i = 0; i < 2; i++) assert.equal((await ask(request({ model: 'other' }))).told, undefined);
    assert.equal(asked(), 2);
  });

  const x = (shape: number[], data: Uint8Array, name = 'x', datatype: Tensor['datatype'] = 'FP32'): Tensor => ({
    ...{ name, datatype, shape, data },
  });
  const two = new Uint8Array(new Float32Array([1, 2]).buffer);
  for (const [what, other] of Object.entries({
    'another name': request({ model: 'kept-triple' }),
    'other bytes': request({ inputs: [x([2], new Uint8Array(8))] }),
    'another shape of the same bytes': request({ inputs: [x([1, 2], two)] }),
    'another datatype of the same bytes': request({ inputs: [x([2], two, 'x', 'INT32')] }),
    'another name of an input': request({ inputs: [x([2], two, 'z')] }),
    'the same bytes cut elsewhere': request({ inputs: [x([1], two.slice(0, 4)), x([1], two.slice(4), 'y')] }),
    'a parameter': request({ parameters: new Map([['top', 1n]]) }),
    'another wanted output': request({ outputs: ['y'] }),
  }))
    it(`are not for ${what}`, async () => {
      const { ask, asked } = createScene();
      await ask();
      assert.equal((await ask(other)).told, 'miss');
      assert.equal(asked(), 2);
    });

  it('tell parameters of one text and different types apart', async () => {
    const { ask } = createScene();
    await ask(request({ parameters: new Map([['top', '1']]) }));
    assert.equal((await ask(request({ parameters: new Map([['top', 1n]]) }))).told, 'miss');
  });

  it('are the same in whatever order inputs and parameters come', async () => {
    const { ask } = createScene();
    const inputs = [x([2], two), x([2], two, 'y')];
    const parameters: [string, Parameter][] = [
      ['a', true],
      ['b', 'x'],
    ];
    await ask(request({ inputs, parameters: new Map(parameters) }));
    const turned = request({ inputs: inputs.toReversed(), parameters: new Map(parameters.toReversed()) });
    assert.equal((await ask(turned)).told, 'hit');
  });

  it('are of one tenant, unless they are shared, and then of those who see the same', async () => {
    const apart = createScene();
    await apart.ask();
    assert.equal((await apart.ask(request(), { who: principal({ tenant: 'other' }) })).told, 'miss');
    const together = createScene({ rules: [{ ...rule, isShared: true }] });
    await together.ask();
    assert.equal((await together.ask(request(), { who: principal({ tenant: 'other' }) })).told, 'hit');
    assert.equal((await together.ask(request(), { who: principal({ models: ['kept-*'] }) })).told, 'miss');
  });

  it('are found again when what answers is what it was', async () => {
    const { ask, become } = createScene();
    await ask();
    become('v2');
    assert.equal((await ask()).told, 'miss');
    become('v1');
    assert.equal(numberIn((await ask()).response), 1);
  });

  it('are none of errors, and none that are incomplete', async () => {
    const failing = createScene({
      infer: async (asked) => {
        if (asked === 1) throw new InferError('UNAVAILABLE', 'away');
        return answerOf('kept-double', asked, asked === 2 ? { sheaf_degraded: true } : {});
      },
    });
    await assert.rejects(failing.ask(), /away/);
    assert.deepEqual(
      [(await failing.ask()).told, (await failing.ask()).told, (await failing.ask()).told],
      ['miss', 'miss', 'hit'],
    );
  });

  it('go past calls that want a new one, and keep nothing of calls that say so', async () => {
    const { ask } = createScene();
    assert.equal((await ask(request(), { headers: { 'cache-control': 'no-store' } })).told, 'bypass');
    assert.equal((await ask()).told, 'miss');
    const renewed = await ask(request(), { headers: { 'cache-control': 'No-Cache, x' } });
    assert.equal(renewed.told, 'miss');
    assert.equal(numberIn((await ask()).response), numberIn(renewed.response));
    assert.equal((await ask(request({ parameters: new Map([['sheaf_explain', true]]) }))).told, 'bypass');
  });

  it('take no more than they may, the least used go first, and one that is too large is not kept', async () => {
    const { ask, store, asked } = createScene({ bytesMax: 8 * 1_024 });
    const nth = (n: number) => request({ inputs: [tensorOf('x', 'INT32', [1], new Int32Array([n]))] });
    for (let n = 0; n < 20; n++) {
      await ask(nth(n));
      assert.ok(store.bytes <= 8 * 1_024, `${store.bytes}`);
      await ask(nth(0));
    }
    assert.equal(asked(), 20);
    assert.ok(store.evicted > 0 && store.entries < 20);
    const large = createScene({
      bytesMax: 8 * 1_024,
      infer: async () => ({ ...answerOf('x', 1), outputs: [tensorOf('y', 'INT32', [1_024], new Int32Array(1_024))] }),
    });
    await large.ask();
    assert.equal((await large.ask()).told, 'miss');
  });

  it('do not change when whoever got one writes into it, and hold no more than themselves', async () => {
    const message = Buffer.alloc(1 << 16, 7);
    const { ask, store } = createScene({
      infer: async () => ({ ...answerOf('x', 1), outputs: [x([4], message.subarray(0, 16), 'y')] }),
    });
    await ask();
    message.fill(0);
    const [output] = (await ask()).response.outputs;
    assert.deepEqual([...(output as Tensor).data], Array(16).fill(7));
    assert.equal((output as Tensor).data.buffer.byteLength, 16);
    assert.ok(store.bytes < 2_048);
  });
});

describe('calls for the same at the same time', () => {
  function createHeld() {
    const held: { context: CallContext; end: (with_: InferResponse | Error) => void }[] = [];
    const scene = createScene({
      infer: (_, context) =>
        new Promise((resolve, reject) => {
          context.signal.addEventListener('abort', () => reject(abortReason(context.signal)));
          held.push({ context, end: (ended) => (ended instanceof Error ? reject(ended) : resolve(ended)) });
        }),
    });
    return { ...scene, held };
  }

  it('are asked once, and all have the answer', async () => {
    const { ask, held, asked } = createHeld();
    const all = Array.from({ length: 5 }, () => ask());
    held[0]?.end(answerOf('x', 7));
    const told = (await Promise.all(all)).map((one) => [one.told, numberIn(one.response)]);
    assert.deepEqual(told, [['miss', 7], ...Array(4).fill(['coalesced', 7])]);
    assert.equal(asked(), 1);
  });

  it('go on when the one that began leaves, and end when all have left', async () => {
    const { ask, held } = createHeld();
    const first = new CallCanceller();
    const second = new CallCanceller();
    const calls = [ask(request(), { signal: first }), ask(request(), { signal: second })];
    first.abort();
    await assert.rejects(calls[0] as Promise<unknown>, { code: 'CANCELLED' });
    assert.equal(held[0]?.context.signal.aborted, false);
    second.abort();
    await assert.rejects(calls[1] as Promise<unknown>, { code: 'CANCELLED' });
    assert.equal(held[0]?.context.signal.aborted, true);
    const third = ask();
    held[1]?.end(answerOf('x', 3));
    assert.equal(numberIn((await third).response), 3);
  });

  it('are not shared by calls that matter differently', async () => {
    const { ask, held } = createHeld();
    const [cheap, dear] = [ask(request(), { priority: 'sheddable' }), ask(request(), { priority: 'critical' })];
    held[0]?.end(new InferError('RESOURCE_EXHAUSTED', 'shed'));
    held[1]?.end(answerOf('x', 2));
    await assert.rejects(cheap, /shed/);
    assert.equal((await dear).told, 'miss');
  });

  it('are made anew for those who have more time, and share every other error, also one of being late', async () => {
    const { ask, held, asked } = createHeld();
    const [late, waiting] = [ask(request(), { deadline: 100 }), ask()];
    const asLate = ask(request(), { deadline: 100 });
    held[0]?.end(new InferError('DEADLINE_EXCEEDED', 'late'));
    await assert.rejects(late, /late/);
    await assert.rejects(asLate, /late/);
    while (held.length < 2) await new Promise(setImmediate);
    held[1]?.end(new InferError('UNAVAILABLE', 'away'));
    await assert.rejects(waiting, /away/);
    assert.equal(asked(), 2);
  });
});
