import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { document, run, stage, step } from '../testing/fake-models.ts';

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

  const planOf = async (...args: Parameters<typeof run>) => {
    const [body, , ask = {}, more, options] = args;
    const parameters = { ...ask.parameters, sheaf_plan: true };
    const response = await run(body, {}, { ...ask, parameters }, more, options);
    return { plan: JSON.parse(String(response.parameters.get('sheaf_plan'))), response };
  };

  it('tells the limits of members, and which stages may fail', async () => {
    const members = { a: { ...step('a'), softTimeout: '20ms' }, b: { ...step('b'), optional: false, timeout: '1s' } };
    const body = stage({ ensemble: members, combine: { mean: 'y' }, quorum: 1, optional: true });
    const { plan } = await planOf(body, {});
    assert.deepEqual(plan.stages, [
      {
        name: 's',
        asks: 'ensemble, mean',
        quorum: 1,
        optional: true,
        after: [],
        steps: [
          { name: 'a', asks: 'model "a"', weight: 1, softTimeoutMs: 20, optional: true },
          { name: 'b', asks: 'model "b"', timeoutMs: 1000, weight: 1 },
        ],
      },
    ]);
  });

  it('looks into pipelines, as far as a call is known there', async () => {
    const switched = [{ when: 'context.fast', model: 'a' }, { when: 'inputs.x.size > 3', model: 'b' }, { model: 'c' }];
    const inner = {
      ...document(stage({ switch: switched })),
      pipeline: 'inner',
      context: { fast: { parameter: 'fast', default: true } },
    };
    const told = async (fast: boolean) => {
      const { plan } = await planOf(
        stage({ pipeline: 'inner' }),
        {},
        { parameters: { fast } },
        {},
        { others: [inner] },
      );
      const [{ steps }] = plan.stages[0].steps;
      return steps.map(({ taken = 'unknown' }) => taken);
    };
    assert.deepEqual(await told(true), [true, false, false]);
    assert.deepEqual(await told(false), [false, 'unknown', 'unknown']);
  });

  it('tells that rules hand the call over, and why', async () => {
    const other = { ...document(stage(step('b'))), pipeline: 'other' };
    const rules = { before: [{ name: 'all', reroute: 'other' }] };
    const { plan } = await planOf(stage(step('a')), {}, {}, { rules }, { others: [other] });
    assert.deepEqual(
      [plan.pipeline, plan.rerouted, plan.rules],
      ['other', 'p/1 -> other', [{ rule: 'all', action: 'reroute', outcome: 'acted' }]],
    );
  });

  it('is asked for by a bool; nothing runs for anything else', async () => {
    await assert.rejects(run(stage(step('a')), {}, { parameters: { sheaf_plan: 'yes' } }), {
      code: 'INVALID_ARGUMENT',
      message: 'parameters["sheaf_plan"]: want a bool, got a string',
    });
  });
});
