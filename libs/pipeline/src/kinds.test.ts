import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, type Infer, InferError, Journal, type Signature, type Tensor, tensorOf } from '@sheaf/inference';
import { type Ask, buildPipeline, FakeClock, type FakeOptions } from './test-pipeline.ts';

const vector = (name: string) => ({ name, datatype: 'FP32', shape: [-1], symbols: ['n'] }) as const;
const unary: Signature = { inputs: [vector('x')], outputs: [vector('y')] };
const names = ['a', 'b', 'c', 'd', 'slow', 'meta'];
const signatures = Object.fromEntries(names.map((name) => [name, unary]));

const fp32 = (name: string, ...values: number[]): Tensor =>
  tensorOf(name, 'FP32', [values.length], Float32Array.from(values));
const valuesOf = (tensor: Tensor | undefined): number[] => {
  assert.ok(tensor);
  return Array.from(elements({ ...tensor, datatype: 'FP32' }));
};

/** A model that computes each element, after so many milliseconds. */
const computing =
  (compute: (value: number) => number, delayMs = 0, seen?: (aborted: () => boolean) => void): Infer =>
  async ({ model, inputs }, { clock, signal }) => {
    seen?.(() => signal.aborted);
    if (delayMs > 0)
      await new Promise<void>((resolve, reject) => {
        const stop = clock.after(delayMs, resolve);
        signal.addEventListener('abort', () => {
          stop();
          reject(new InferError('CANCELLED', 'the caller cancelled the call'));
        });
      });
    const [input] = inputs as [Tensor];
    return { model, version: '1', parameters: new Map(), outputs: [fp32('y', ...valuesOf(input).map(compute))] };
  };
const failing =
  (code: InferError['code'] = 'UNAVAILABLE'): Infer =>
  async () => {
    throw new InferError(code, 'no');
  };

const document = (stages: object, outputs: object = { y: 's.y' }, more: object = {}) => ({
  pipeline: 'p',
  inputs: { x: { datatype: 'FP32', shape: ['n'] } },
  ...more,
  stages,
  outputs,
});
const step = (model: string) => ({ model });
const run = (
  body: object,
  models: FakeOptions['models'],
  ask: Partial<Ask> = {},
  more: object = {},
  options: Partial<FakeOptions> = {},
) =>
  buildPipeline(document(body, { y: 's.y?' }, more), { signatures, models: models ?? {}, ...options })({
    inputs: [fp32('x', 1, 2)],
    ...ask,
  });
const yOf = ({ outputs }: { outputs: readonly Tensor[] }): number[] =>
  valuesOf(outputs.find(({ name }) => name === 'y'));
const stage = (body: object) => ({ s: { inputs: { x: 'x' }, ...body } });
const plus = (amount: number, delayMs = 0) => computing((value) => value + amount, delayMs);

describe('an ensemble', () => {
  const of = (members: object, combine: object, more: object = {}) => stage({ ensemble: members, combine, ...more });
  const told = (response: Awaited<ReturnType<ReturnType<typeof buildPipeline>>>) =>
    JSON.parse(String(response.parameters.get('sheaf_ensembles'))).s;

  it('weighs by the context, and says with what', async () => {
    const weight = 'context.channel == "phone" ? 3.0 : 1.0';
    const body = of({ a: step('a'), b: { model: 'b', weight } }, { 'weighted-mean': 'y' });
    const context = { context: { channel: { metadata: 'x-channel', default: 'web' } } };
    const models = { a: plus(0), b: plus(4) };
    const web = await run(body, models, {}, context);
    assert.deepEqual(yOf(web), [3, 4]);
    const phone = await run(body, models, { metadata: { 'x-channel': 'phone' } }, context);
    assert.deepEqual(yOf(phone), [4, 5]);
    assert.deepEqual(told(phone), { used: { a: 1, b: 3 }, missing: {} });
    assert.equal(phone.parameters.has('sheaf_degraded'), false);
  });

  for (const [why, weight] of [
    ['fails', '[1.0][int(context.n)]'],
    ['is negative', '0.0 - 1.0'],
    ['is NaN', 'mean([])'.replace('[]', '[1.0].filter(v, v > 2.0)')],
    ['is infinite', '1.0 / 0.0'],
  ] as const) {
    it(`takes a weight of 1 where the expression ${why}, and marks it`, async () => {
      const body = of({ a: step('a'), b: { model: 'b', weight } }, { 'weighted-mean': 'y' });
      const context = { context: { n: { parameter: 'n', default: 7 } } };
      const response = await run(body, { a: plus(0), b: plus(4) }, {}, context);
      assert.deepEqual(yOf(response), [3, 4]);
      assert.equal(response.parameters.get('sheaf_unevaluated'), 's.b.weight');
    });
  }

  it('does not ask a member of weight 0', async () => {
    const body = of({ a: step('a'), b: { model: 'b', weight: 0 } }, { 'weighted-mean': 'y' });
    const response = await run(body, { a: plus(1) });
    assert.deepEqual(told(response), { used: { a: 1 }, missing: {} });
  });

  it('answers without an optional member, and says so', async () => {
    const body = of({ a: step('a'), b: { model: 'b', optional: true } }, { mean: 'y' });
    const response = await run(body, { a: plus(1), b: failing('INTERNAL') });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.equal(response.parameters.get('sheaf_degraded'), true);
    assert.deepEqual(told(response), { used: { a: 1 }, missing: { b: 'INTERNAL' } });
    assert.equal(response.parameters.get('sheaf_versions'), 's.a=a/1');
  });

  it('ends at once when a required member fails, and cancels the others', async () => {
    const aborted: (() => boolean)[] = [];
    const slow = computing(
      (value) => value,
      500,
      (isAborted) => aborted.push(isAborted),
    );
    const body = of({ a: step('a'), slow: step('slow') }, { mean: 'y' });
    const clock = new FakeClock();
    await assert.rejects(run(body, { a: failing(), slow }, {}, {}, { clock }), {
      code: 'UNAVAILABLE',
      message: 'stage s: member a: no',
    });
    assert.ok(clock.now() < 500);
    assert.deepEqual(
      aborted.map((isAborted) => isAborted()),
      [true],
    );
  });

  it('refuses when the quorum cannot be met any more, naming who failed', async () => {
    const body = of({ a: step('a'), b: step('b'), c: step('c') }, { mean: 'y' }, { quorum: 2 });
    await assert.rejects(run(body, { a: plus(1), b: failing(), c: failing('INTERNAL') }), (error) => {
      assert.ok(error instanceof InferError);
      assert.equal(error.code, 'UNAVAILABLE');
      assert.equal(error.reason, 'QUORUM_NOT_MET');
      assert.equal(error.message, 'stage s: want 2 members to answer, got 1; failed: b (UNAVAILABLE), c (INTERNAL)');
      return true;
    });
    const two = await run(body, { a: plus(1), b: plus(3), c: failing() });
    assert.deepEqual(yOf(two), [3, 4]);
  });

  it('counts a quorum by weight', async () => {
    const members = { a: { model: 'a', weight: 2 }, b: step('b'), c: step('c') };
    const body = of(members, { 'weighted-mean': 'y' }, { quorum: { weight: 2 } });
    assert.deepEqual(yOf(await run(body, { a: plus(0), b: failing(), c: failing() })), [1, 2]);
    await assert.rejects(run(body, { a: failing(), b: plus(0), c: failing() }), { reason: 'QUORUM_NOT_MET' });
  });

  it('waits past a soft time-out only while the quorum needs it', async () => {
    const members = { a: step('a'), slow: { model: 'slow', softTimeout: '20ms' } };
    const clock = new FakeClock();
    const enough = await run(
      of(members, { mean: 'y' }, { quorum: 1 }),
      { a: plus(1), slow: plus(3, 300) },
      {},
      {},
      { clock },
    );
    assert.deepEqual([yOf(enough), clock.now()], [[2, 3], 20]);
    assert.deepEqual(told(enough), { used: { a: 1 }, missing: { slow: 'DEADLINE_EXCEEDED' } });
    const needed = new FakeClock();
    const both = await run(
      of(members, { mean: 'y' }, { quorum: 2 }),
      { a: plus(1), slow: plus(3, 300) },
      {},
      {},
      { clock: needed },
    );
    assert.deepEqual([yOf(both), needed.now()], [[3, 4], 300]);
  });

  it('takes a NaN, and a shape unlike the others, as that member failing', async () => {
    const odd: Infer = async ({ model }) => ({
      model,
      version: '1',
      parameters: new Map(),
      outputs: [fp32('y', 1, 2, 3)],
    });
    const body = of({ a: step('a'), b: step('b'), c: step('c'), d: step('d') }, { mean: 'y' }, { quorum: 2 });
    const response = await run(body, { a: plus(0), b: computing(() => Number.NaN), c: odd, d: plus(2) });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.deepEqual(told(response), { used: { a: 1, d: 1 }, missing: { b: 'INTERNAL', c: 'INTERNAL' } });
  });

  it('takes the first good answer and cancels the rest', async () => {
    const aborted: (() => boolean)[] = [];
    const slow = computing(
      (value) => value,
      500,
      (isAborted) => aborted.push(isAborted),
    );
    const body = of({ a: step('a'), b: step('b'), slow: step('slow') }, { first: 'y' });
    const response = await run(body, { a: failing(), b: plus(7, 10), slow });
    assert.deepEqual(yOf(response), [8, 9]);
    assert.equal(response.parameters.get('sheaf_versions'), 's.b=b/1');
    assert.deepEqual(
      aborted.map((isAborted) => isAborted()),
      [true],
    );
  });

  it('lets a meta-model read all members side by side', async () => {
    const body = of({ b: step('b'), a: step('a') }, { stack: 'y', model: 'meta' });
    const response = await run(body, { a: plus(10), b: plus(20), meta: computing((value) => value * 2) });
    assert.deepEqual(yOf(response), [22, 24, 42, 44]);
    assert.equal(response.parameters.get('sheaf_versions'), 's.a=a/1, s.b=b/1, s.stack=meta/1');
  });

  it('gives one answer in whatever order its members are written', async () => {
    const models = { a: plus(0.1), b: plus(0.2), c: plus(0.3) };
    const forward = await run(of({ a: step('a'), b: step('b'), c: step('c') }, { mean: 'y' }), models);
    const backward = await run(of({ c: step('c'), b: step('b'), a: step('a') }, { mean: 'y' }), models);
    assert.deepEqual(forward.outputs, backward.outputs);
    assert.deepEqual(forward.parameters, backward.parameters);
  });

  it('may have any step as a member', async () => {
    const body = of({ a: step('a'), either: { fallback: [step('b'), step('c')] } }, { mean: 'y' });
    const response = await run(body, { a: plus(0), b: failing(), c: plus(2) });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.equal(response.parameters.get('sheaf_fallbacks'), '{"s.either":["UNAVAILABLE"]}');
  });
});

describe('a switch', () => {
  const body = stage({ switch: [{ when: 'inputs.x.size > 2', model: 'a' }, { model: 'b' }] });
  const models = { a: plus(10), b: plus(20) };

  it('runs the first branch whose condition holds, or else', async () => {
    assert.deepEqual(yOf(await run(body, models)), [21, 22]);
    assert.deepEqual(yOf(await run(body, models, { inputs: [fp32('x', 1, 2, 3)] })), [11, 12, 13]);
  });

  it('reads what a stage before it gave', async () => {
    const cascade = {
      quick: { model: 'a', inputs: { x: 'x' } },
      ...stage({ switch: [{ when: 'lowest(stages.quick.y) < 5.0', model: 'b' }, { model: 'c' }] }),
    };
    assert.deepEqual(yOf(await run(cascade, { a: plus(0), b: plus(1), c: plus(2) })), [2, 3]);
    assert.deepEqual(yOf(await run(cascade, { a: plus(9), b: plus(1), c: plus(2) })), [3, 4]);
  });

  it('leaves an output out when no branch is taken, and says so', async () => {
    const response = await run(stage({ switch: [{ when: 'inputs.x.size > 2', model: 'a' }] }), models);
    assert.deepEqual(response.outputs, []);
    assert.equal(response.parameters.get('sheaf_absent'), 'y');
  });

  it('takes a condition that cannot be evaluated as not met, and marks it', async () => {
    const failingCondition = stage({ switch: [{ when: 'inputs.x.shape[5] > 2', model: 'a' }, { model: 'b' }] });
    const response = await run(failingCondition, models);
    assert.deepEqual(yOf(response), [21, 22]);
    assert.equal(response.parameters.get('sheaf_unevaluated'), 's.a');
  });

  it('skips the stages that need what was not computed', async () => {
    const stages = {
      maybe: { switch: [{ when: 'inputs.x.size > 2', model: 'a' }], inputs: { x: 'x' } },
      s: { model: 'b', inputs: { x: 'maybe.y' } },
    };
    assert.deepEqual((await run(stages, models)).outputs, []);
    assert.deepEqual(yOf(await run(stages, models, { inputs: [fp32('x', 1, 2, 3)] })), [31, 32, 33]);
  });
});

describe('each', () => {
  it('splits along a dimension, asks for each part, and joins in order', async () => {
    const asked: number[][] = [];
    const model: Infer = async (request, context) => {
      asked.push(valuesOf(request.inputs[0]));
      return computing((value) => -value, 10 - asked.length)(request, context);
    };
    const body = stage({ each: step('a'), over: 'x', size: 2 });
    const response = await run(body, { a: model }, { inputs: [fp32('x', 1, 2, 3, 4, 5)] });
    assert.deepEqual(yOf(response), [-1, -2, -3, -4, -5]);
    assert.deepEqual(asked, [[1, 2], [3, 4], [5]]);
    assert.equal(response.parameters.get('sheaf_versions'), 's=a/1');
  });

  it('answers zero elements with a zero-size result, and asks nobody', async () => {
    const [y] = (await run(stage({ each: step('a'), over: 'x' }), {}, { inputs: [fp32('x')] })).outputs;
    assert.deepEqual([y?.datatype, y?.shape, y?.data.byteLength], ['FP32', [0], 0]);
  });

  it('asks no more parts at once than it may', async () => {
    let open = 0;
    let most = 0;
    const model: Infer = async (request, context) => {
      most = Math.max(most, ++open);
      const response = await plus(0, 5)(request, context);
      open--;
      return response;
    };
    await run(
      stage({ each: step('a'), over: 'x', concurrency: 3 }),
      { a: model },
      { inputs: [fp32('x', ...new Array(9).fill(1))] },
    );
    assert.equal(most, 3);
  });

  it('drops the dimension when what it asks has one less', async () => {
    const scalar: Signature = {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2] }],
    };
    const doc = {
      ...document(stage({ each: step('pair'), over: 'x' })),
      inputs: { x: { datatype: 'FP32', shape: ['n', 2] } },
    };
    const call = buildPipeline(doc, { signatures: { pair: scalar }, models: { pair: plus(1) } });
    const [y] = (await call({ inputs: [tensorOf('x', 'FP32', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6))] })).outputs;
    assert.deepEqual(
      [y?.shape, valuesOf(y)],
      [
        [3, 2],
        [2, 3, 4, 5, 6, 7],
      ],
    );
  });

  it('refuses more parts than it may have', async () => {
    await assert.rejects(
      run(stage({ each: step('a'), over: 'x' }), {}, { inputs: [fp32('x', ...new Array(1025).fill(1))] }),
      {
        code: 'RESOURCE_EXHAUSTED',
        message: 'stage s: each: want at most 1024 parts, got 1025',
      },
    );
  });
});

describe('a fallback', () => {
  const body = stage({ fallback: [{ model: 'a', timeout: '50ms' }, step('b')] });

  it('goes on when a step fails, refuses or is too slow, and marks the answer', async () => {
    for (const [model, code] of [
      [failing(), 'UNAVAILABLE'],
      [failing('INVALID_ARGUMENT'), 'INVALID_ARGUMENT'],
      [plus(0, 400), 'DEADLINE_EXCEEDED'],
    ] as const) {
      const response = await run(body, { a: model, b: plus(5) });
      assert.deepEqual(yOf(response), [6, 7]);
      assert.equal(response.parameters.get('sheaf_fallbacks'), `{"s":["${code}"]}`);
      assert.equal(response.parameters.get('sheaf_degraded'), true);
      assert.equal(response.parameters.get('sheaf_versions'), 's=b/1'.replace('s=', 's.b='));
    }
    const good = await run(body, { a: plus(1), b: failing() });
    assert.equal(good.parameters.has('sheaf_degraded'), false);
  });

  it('ends with the last failure when nobody answers', async () => {
    await assert.rejects(run(body, { a: failing('INTERNAL'), b: failing() }), {
      code: 'UNAVAILABLE',
      message: 'stage s: no',
    });
  });
});

describe('an optional stage', () => {
  it('may fail; what it would have given is absent, and the answer says so', async () => {
    const response = await run(stage({ model: 'a', optional: true }), { a: failing('INTERNAL') });
    assert.deepEqual(response.outputs, []);
    assert.equal(response.parameters.get('sheaf_failed'), '{"s":"INTERNAL"}');
    assert.equal(response.parameters.get('sheaf_absent'), 'y');
    assert.equal(response.parameters.get('sheaf_degraded'), true);
  });
});

describe('a pipeline in a pipeline', () => {
  const inner = { ...document({ s: { model: 'a', inputs: { x: 'x' } } }), pipeline: 'inner', version: 4 };

  it("is asked like a model, with the caller's parameters", async () => {
    const seen: Infer = async (request, context) => computing((value) => value + 1)(request, context);
    const response = await run(stage({ pipeline: 'inner' }), { a: seen }, {}, {}, { others: [inner] });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.equal(response.parameters.get('sheaf_versions'), 's=inner/4');
  });

  it('tells that it was degraded', async () => {
    const frail = {
      ...inner,
      stages: {
        s: { ensemble: { a: step('a'), b: step('b') }, combine: { mean: 'y' }, quorum: 1, inputs: { x: 'x' } },
      },
    };
    const response = await run(stage({ pipeline: 'inner' }), { a: plus(1), b: failing() }, {}, {}, { others: [frail] });
    assert.equal(response.parameters.get('sheaf_degraded'), true);
  });
});

describe('deadlines in the graph', () => {
  it('leave later stages the time that they usually take', async () => {
    const clock = new FakeClock();
    const given: number[] = [];
    const early: Infer = (request, context) => {
      given.push(context.deadline - clock.now());
      return plus(0, 10)(request, context);
    };
    const doc = document({ first: { model: 'a', inputs: { x: 'x' } }, s: { model: 'b', inputs: { x: 'first.y' } } });
    const call = buildPipeline(doc, { signatures, models: { a: early, b: plus(0, 200) }, clock });
    const ask = { inputs: [fp32('x', 1)], deadline: 1_000 };
    for (let n = 0; n < 25; n++) await call(ask);
    assert.deepEqual([given[0], given.at(-1)], [1_000, 800]);
    await clock.advance(60_000);
    await call(ask);
    assert.equal(given.at(-1), 1_000, 'what is old says nothing');
  });

  it('cap a stage at its own time-out', async () => {
    const clock = new FakeClock();
    await assert.rejects(run(stage({ model: 'a', timeout: '50ms' }), { a: plus(0, 400) }, {}, {}, { clock }), {
      code: 'DEADLINE_EXCEEDED',
      message: /stage s/,
    });
    assert.equal(clock.now(), 50);
    assert.equal(clock.timers, 0, 'no timer is left behind');
  });
});

describe('a plan', () => {
  it('says what would happen, and runs nothing', async () => {
    const body = stage({
      ensemble: { a: step('a'), b: { model: 'b', weight: 'context.n * 2.0' } },
      combine: { 'weighted-mean': 'y' },
    });
    const context = { context: { n: { parameter: 'n', default: 3 } } };
    const response = await run(body, {}, { parameters: { sheaf_plan: true }, deadline: 700 }, context);
    const plan = JSON.parse(String(response.parameters.get('sheaf_plan')));
    assert.equal(plan.deadlineMs, 700);
    assert.deepEqual(plan.stages, [
      {
        name: 's',
        asks: 'ensemble, weighted-mean',
        after: [],
        steps: [
          { name: 'a', asks: 'model "a"', weight: 1 },
          { name: 'b', asks: 'model "b"', weight: 6 },
        ],
      },
    ]);
    assert.deepEqual(response.outputs, []);
  });
});

describe('rules', () => {
  const body = { s: { model: 'a', inputs: { x: 'x' } } };
  const models = { a: plus(1) };
  const ruled = (rules: object, ask: Partial<Ask> = {}, more: object = {}) =>
    run(body, models, ask, { rules, ...more });

  it('refuse before anything runs', async () => {
    const rules = {
      before: [
        {
          name: 'small',
          when: 'inputs.x.size > 1',
          refuse: { code: 'INVALID_ARGUMENT', reason: 'TOO_MANY', message: 'one number at a time' },
        },
      ],
    };
    await assert.rejects(run(body, {}, {}, { rules }), {
      code: 'INVALID_ARGUMENT',
      reason: 'TOO_MANY',
      message: 'rule small: one number at a time',
    });
  });

  it('set parameters, which the context then reads, cap rows, and are told', async () => {
    const rules = {
      before: [
        { name: 'few', 'cap-rows': 1 },
        { name: 'mark', set: { n: 5 } },
        { name: 'late', when: 'context.n > 4.0', refuse: 'five', shadow: true },
      ],
    };
    const journal = new Journal();
    const response = await ruled(rules, { journal }, { context: { n: { parameter: 'n', default: 0 } } });
    assert.deepEqual(yOf(response), [2]);
    assert.equal(response.parameters.get('sheaf_rules'), 'few, mark');
    const [span] = journal.spans.filter(({ kind }) => kind === 'rules');
    assert.deepEqual(span?.attributes, {
      'sheaf.rule.few': 'cap-rows: acted',
      'sheaf.rule.mark': 'set: acted',
      'sheaf.rule.late': 'refuse: would-act',
    });
  });

  it('refuse when a before-rule cannot be evaluated', async () => {
    const rules = { before: [{ name: 'odd', when: 'inputs.x.shape[3] > 1', set: { n: 1 } }] };
    await assert.rejects(ruled(rules), { code: 'PERMISSION_DENIED', reason: 'RULE_FAILED' });
  });

  it('hand the call to another pipeline', async () => {
    const other = { ...document({ s: { model: 'b', inputs: { x: 'x' } } }), pipeline: 'other', version: 2 };
    const rules = { before: [{ name: 'beta', when: 'context.beta', reroute: 'other/2' }] };
    const response = await run(
      body,
      { a: plus(1), b: plus(9) },
      { parameters: { beta: true } },
      { rules, context: { beta: { parameter: 'beta', default: false } } },
      { others: [other] },
    );
    assert.deepEqual([response.model, response.version, yOf(response)], ['other', '2', [10, 11]]);
    assert.equal(response.parameters.get('sheaf_rerouted'), 'p -> other/2');
  });

  it('filter rows, cap, round, replace and label, in their order', async () => {
    const rules = {
      after: [
        { name: 'drop', keep: 'row.y > 2.0' },
        { name: 'cap', cap: { y: 4 } },
        { name: 'tell', when: 'size(outputs.y) == 2', label: { decision: 'review' } },
        { name: 'zero', replace: { y: 0 }, where: 'row.y < 3.5' },
      ],
    };
    const response = await ruled(rules, { inputs: [fp32('x', 0.5, 2.25, 5)] });
    assert.deepEqual(yOf(response), [0, 4]);
    assert.equal(response.parameters.get('decision'), 'review');
    assert.equal(response.parameters.get('sheaf_rules'), 'drop, cap, tell, zero');
  });

  it('leave the answer when an after-rule cannot be evaluated, and mark it', async () => {
    const rules = { after: [{ name: 'odd', when: 'outputs.y[7] > 1.0', refuse: 'no' }] };
    const response = await ruled(rules);
    assert.deepEqual(yOf(response), [2, 3]);
    assert.equal(response.parameters.get('sheaf_unevaluated'), 'rules.odd');
  });

  it('see no output of more than 1,024 elements', async () => {
    const rules = { after: [{ name: 'big', when: 'lowest(outputs.y) < 0.0', refuse: 'no' }] };
    const response = await ruled(rules, { inputs: [fp32('x', ...new Array(1025).fill(-5))] });
    assert.equal(response.parameters.get('sheaf_unevaluated'), 'rules.big');
    await assert.rejects(ruled(rules, { inputs: [fp32('x', ...new Array(1024).fill(-5))] }), {
      code: 'PERMISSION_DENIED',
      reason: 'RULE_DENIED',
    });
  });

  it('refuse a context value of the wrong kind', async () => {
    const rules = { before: [{ name: 'r', when: 'context.n > 1.0', refuse: 'no' }] };
    await assert.rejects(
      ruled(rules, { parameters: { n: 'abc' } }, { context: { n: { parameter: 'n', default: 0 } } }),
      {
        code: 'INVALID_ARGUMENT',
        message: 'parameter "n": want a finite number, got "abc"',
      },
    );
  });
});
