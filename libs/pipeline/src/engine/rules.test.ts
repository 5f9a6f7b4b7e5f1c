import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Journal, type Principal } from '@sheaf/inference';
import { document, failing, fp32, plus, run, yOf } from '../testing/fake-models.ts';
import type { Ask } from '../testing/test-pipeline.ts';

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

  it('know who calls, as far as the pipeline declares it', async () => {
    const context = {
      tenant: { principal: 'tenant', default: '' },
      plan: { claim: 'plan', default: 'free' },
      odd: { claim: 'constructor', default: 'none' },
    };
    const when = 'context.tenant == "acme" && context.plan == "gold" && context.odd == "none"';
    const rules = { before: [{ name: 'welcome', when, refuse: 'not today' }] };
    const principal: Principal = {
      id: 'key:k',
      tenant: 'acme',
      roles: ['infer'],
      models: ['*'],
      priority: 'standard',
      claims: { plan: 'gold' },
    };
    await assert.rejects(ruled(rules, { principal }, { context }), { message: 'rule welcome: not today' });
    assert.deepEqual(yOf(await ruled(rules, { principal: { ...principal, claims: {} } }, { context })), [2, 3]);
    assert.deepEqual(yOf(await ruled(rules, {}, { context })), [2, 3]);
  });

  it('hand the call only to what the caller may see', async () => {
    const other = { ...document({ s: { model: 'b', inputs: { x: 'x' } } }), pipeline: 'other' };
    const rules = { before: [{ name: 'all', reroute: 'other' }] };
    const principal = (...models: string[]): Principal => ({
      ...{ id: 'key:k', tenant: 'acme', roles: ['infer'], priority: 'standard', claims: {} },
      models,
    });
    const rerouted = (who: Principal) =>
      run(body, { a: plus(1), b: plus(9) }, { principal: who }, { rules }, { others: [other] });
    assert.deepEqual(yOf(await rerouted(principal('p', 'other'))), [10, 11]);
    await assert.rejects(rerouted(principal('p')), {
      code: 'NOT_FOUND',
      message: 'there is no model or pipeline "other"',
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
    assert.equal(response.parameters.get('sheaf_rerouted'), 'p/1 -> other/2');
  });

  it('reroute only what the other pipeline knows, and tell what both decided', async () => {
    const other = {
      ...document({ s: { model: 'b', inputs: { x: 'x' } } }),
      pipeline: 'other',
      rules: { after: [{ name: 'theirs', cap: { y: 5 } }] },
    };
    const rules = {
      before: [
        { name: 'mark', set: { n: 5 } },
        { name: 'all', reroute: 'other' },
      ],
    };
    const w = { datatype: 'FP32', shape: ['n'] };
    const response = await run(
      { s: { model: 'a', inputs: { x: 'w' } } },
      { b: plus(9) },
      { inputs: [fp32('x', 1), fp32('w', 2)] },
      { rules, inputs: { x: w, w } },
      { others: [other] },
    );
    assert.deepEqual(yOf(response), [5]);
    assert.equal(response.parameters.get('sheaf_rules'), 'mark, all, theirs');
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

  it('say so when the output that they are about is absent', async () => {
    const rules = { after: [{ name: 'cap', cap: { y: 1 } }] };
    const response = await run({ s: { ...body.s, optional: true } }, { a: failing() }, {}, { rules });
    assert.equal(response.parameters.get('sheaf_absent'), 'y');
    assert.equal(response.parameters.get('sheaf_unevaluated'), 'rules.cap');
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
