import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Journal } from '@sheaf/inference';
import { document, failing, plus, run, stage, step, yOf } from '../testing/fake-models.ts';

const inner = { ...document({ s: { model: 'a', inputs: { x: 'x' } } }), pipeline: 'inner', version: 4 };
const asking = stage({ pipeline: 'inner' });

describe('a pipeline in a pipeline', () => {
  it('is asked like a model, and the answer tells the versions inside', async () => {
    const response = await run(asking, { a: plus(1) }, {}, {}, { others: [inner] });
    assert.deepEqual(yOf(response), [2, 3]);
    assert.equal(response.parameters.get('sheaf_versions'), 's=inner/4, s.s=a/1');
  });

  it('tells all that the answer of the one inside tells, at its place', async () => {
    const told = {
      ...inner,
      stages: {
        s: {
          ensemble: {
            a: { model: 'a', weight: 'inputs.x.shape[7] > 1 ? 1.0 : 2.0' },
            b: { fallback: [step('b'), step('c')] },
            d: step('b'),
          },
          combine: { 'weighted-mean': 'y' },
          quorum: 2,
          inputs: { x: 'x' },
        },
        more: { model: 'b', inputs: { x: 'x' }, optional: true },
      },
      outputs: { y: 's.y', z: 'more.y?' },
      rules: {
        after: [
          { name: 'tell', label: { seen: true } },
          { name: 'dark', shadow: true, refuse: 'no' },
          { name: 'odd', when: 'outputs.y[7] > 1.0', refuse: 'no' },
        ],
      },
    };
    const rules = { after: [{ name: 'own', label: { outer: true } }] };
    const models = { a: plus(1), b: failing(), c: plus(3) };
    const response = await run(asking, models, {}, { rules }, { others: [told] });
    const { parameters } = response;
    assert.equal(parameters.get('sheaf_versions'), 's=inner/4, s.s.a=a/1, s.s.b.c=c/1');
    assert.equal(parameters.get('sheaf_ensembles'), '{"s.s":{"used":{"a":1,"b":1},"missing":{"d":"UNAVAILABLE"}}}');
    assert.equal(parameters.get('sheaf_fallbacks'), '{"s.s.b":["UNAVAILABLE"]}');
    assert.equal(parameters.get('sheaf_rules'), 'own, s.tell');
    assert.equal(parameters.get('sheaf_shadow'), 's.dark');
    assert.equal(parameters.get('sheaf_unevaluated'), 's.s.a.weight, s.rules.odd');
    assert.equal(parameters.get('sheaf_degraded'), true);
  });

  it('tells what the rules did of all pipelines that the one inside was rerouted through', async () => {
    const when = 'inputs.x.shape[7] > 1';
    const first = {
      ...inner,
      rules: {
        before: [
          { name: 'mark', set: { n: 5 } },
          { name: 'odd', when, shadow: true, refuse: 'no' },
          { name: 'on', reroute: 'third' },
        ],
      },
    };
    const third = {
      ...document({ t: { model: 'b', inputs: { x: 'x' } } }, { y: 't.y' }),
      pipeline: 'third',
      rules: { after: [{ name: 'tell', label: { seen: true } }] },
    };
    const { parameters } = await run(asking, { b: plus(1) }, {}, {}, { others: [first, third] });
    assert.deepEqual(Object.fromEntries(parameters), {
      sheaf_versions: 's=third/1, s.t=b/1',
      sheaf_rules: 's.mark, s.on, s.tell',
      sheaf_unevaluated: 's.rules.odd',
    });
  });

  it('has its refusals reach the caller as its rules wrote them', async () => {
    const refuse = { code: 'FAILED_PRECONDITION', reason: 'TOO_BIG', message: 'too big' };
    const refusing = { ...inner, rules: { before: [{ name: 'big', refuse }] } };
    await assert.rejects(run(asking, {}, {}, {}, { others: [refusing] }), {
      code: 'FAILED_PRECONDITION',
      reason: 'TOO_BIG',
      message: 'stage s: rule big: too big',
    });
  });

  it('stands in the explanation, with its stages below', async () => {
    const journal = new Journal();
    await run(asking, { a: plus(1) }, { journal }, {}, { others: [inner] });
    const [own] = journal.spans.filter(({ kind }) => kind === 'pipeline');
    assert.equal(own?.name, 'inner');
    const below = journal.spans.filter(({ parentId }) => parentId === own?.spanId);
    assert.deepEqual(
      below.map(({ kind, name }) => [kind, name]),
      [['stage', 's']],
    );
  });
});
