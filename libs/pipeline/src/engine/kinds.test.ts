import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Infer, type Signature, tensorOf } from '@sheaf/inference';
import {
  computing,
  countingModel,
  document,
  failing,
  fp32,
  plus,
  run,
  signatures,
  stage,
  step,
  unary,
  valuesOf,
  vector,
  yOf,
} from '../testing/fake-models.ts';
import { buildPipeline, FakeClock, mistakes } from '../testing/test-pipeline.ts';

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
    const { model, counts } = countingModel();
    await run(
      stage({ each: step('a'), over: 'x', concurrency: 3 }),
      { a: model },
      { inputs: [fp32('x', ...new Array(9).fill(1))] },
    );
    assert.equal(counts.most, 3);
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

describe('each of an input that was not sent', () => {
  it('gives nothing and asks nobody, whatever its size is declared as', async () => {
    const four: Signature = {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
    };
    const inputs = {
      x: { datatype: 'FP32', shape: [4], optional: true },
      z: { datatype: 'FP32', shape: [1] },
    };
    const stages = {
      s: { each: step('four'), over: 'x', inputs: { x: 'x?' } },
      t: { model: 'four', inputs: { x: 'z' } },
    };
    const doc = document(stages, { y: 's.y?', z: 't.y' }, { inputs });
    assert.match(
      String(mistakes(document(stages, { y: 's.y', z: 't.y' }, { inputs }), { signatures: { four } })),
      /there may be no s.y/,
    );
    const response = await buildPipeline(doc, { signatures: { four }, models: { four: plus(1) } })({
      inputs: [fp32('z', 1)],
    });
    assert.deepEqual(
      response.outputs.map(({ name, shape }) => [name, shape]),
      [['z', [1]]],
    );
    assert.equal(response.parameters.get('sheaf_absent'), 'y');
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

describe('dimensions of one name', () => {
  it('are one size in any request', async () => {
    const pair: Signature = { inputs: [vector('a'), vector('b')], outputs: [vector('y')] };
    const inputs = { a: { datatype: 'FP32', shape: ['n'] }, b: { datatype: 'FP32', shape: ['n'] } };
    const doc = document({ s: { model: 'pair', inputs: { a: 'a', b: 'b' } } }, { y: 's.y' }, { inputs });
    const call = buildPipeline(doc, { signatures: { pair }, models: { pair: plus(0) } });
    assert.equal((await call({ inputs: [fp32('a', 1), fp32('b', 2)] })).outputs.length, 1);
    await assert.rejects(call({ inputs: [fp32('a', 1), fp32('b', 2, 3)] }), {
      code: 'INVALID_ARGUMENT',
      message: 'input "b": shape[0]: want 1 (n, as input "a" has it), got 2',
    });
  });
});

describe('an optional input', () => {
  const optionalX = { ...unary, inputs: [{ ...vector('x'), optional: true }] };
  const more = {
    inputs: { x: { datatype: 'FP32', shape: ['n'] }, hint: { datatype: 'FP32', shape: ['m'], optional: true } },
  };

  it('may be left out by whoever reads it with a question mark; what needs it does not run', async () => {
    const asked: string[] = [];
    const constant: Infer = async ({ model, inputs }) => {
      asked.push(`${model} ${inputs.length}`);
      return { model, version: '1', parameters: new Map(), outputs: [fp32('y', 7)] };
    };
    const stages = { s: { model: 'lenient', inputs: { x: 'hint?' } }, t: { model: 'a', inputs: { x: 'hint' } } };
    const call = buildPipeline(document(stages, { y: 's.y', z: 't.y?' }, more), {
      signatures: { ...signatures, lenient: optionalX },
      models: { lenient: constant, a: constant },
    });
    const without = await call({ inputs: [fp32('x', 1)] });
    assert.deepEqual(
      without.outputs.map(({ name }) => name),
      ['y'],
    );
    assert.equal(without.parameters.get('sheaf_absent'), 'z');
    assert.deepEqual(asked, ['lenient 0']);
    const withHint = await call({ inputs: [fp32('x', 1), fp32('hint', 2)] });
    assert.deepEqual(
      withHint.outputs.map(({ name }) => name),
      ['y', 'z'],
    );
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
    await clock.advance(700_000);
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
