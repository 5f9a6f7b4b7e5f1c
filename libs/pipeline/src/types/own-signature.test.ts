import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Signature } from '@sheaf/inference';
import { checkPipelines, parsePipeline } from '../index.ts';
import { after, base, before, signatures, stage, tensor, x } from '../testing/mistake-documents.ts';

const models: Readonly<Record<string, Signature>> = {
  ...signatures,
  scored: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 3]), tensor('q', ['n'])] },
  any: { inputs: [tensor('x', ['n', 'k'])], outputs: [tensor('p', ['n', 3])] },
  boxes: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['found', 4])] },
};
/** Outputs as `[rows, 3]`. */
function told(document: object): Record<string, string> {
  const { spec, problems } = parsePipeline(document);
  assert.ok(spec, JSON.stringify(problems));
  const [check] = checkPipelines([spec], (target) => (target.kind === 'model' ? models[target.name] : undefined));
  assert.ok(check?.checked, JSON.stringify(check?.problems));
  return Object.fromEntries(
    check.checked.signature.outputs.map(({ name, shape, symbols }) => [
      name,
      `[${shape.map((size, axis) => symbols?.[axis] || size).join(', ')}]`,
    ]),
  );
}

describe('the signature of a pipeline', () => {
  it('promises as many rows as came in', () => {
    assert.deepEqual(told(base), { p: '[rows, 3]' });
  });

  it('promises of a filter only that all that it acts on has the same rows', () => {
    const both = { ...stage({ model: 'scored' }), outputs: { p: 's.p', q: 's.q' } };
    const filtered = { ...both, rules: { after: [{ name: 'f', keep: 'row.q > 0.5' }] } };
    assert.deepEqual(told(filtered), { p: '[rows_kept, 3]', q: '[rows_kept]' });
  });

  it('is not changed by a filter in shadow, nor by rules that keep the rows', () => {
    assert.deepEqual(told(after({ name: 'f', keep: 'row.p[0] > 0.5', shadow: true }, { name: 'c', cap: { p: 1 } })), {
      p: '[rows, 3]',
    });
  });

  it('promises no rows where a rule cuts them', () => {
    assert.deepEqual(told(before({ name: 'few', 'cap-rows': 2 })), { p: '[rows_capped, 3]' });
  });

  it('calls two dimensions by two names where their models call them by one', () => {
    const two = { s: { model: 'boxes', ...x }, t: { model: 'boxes', ...x } };
    assert.deepEqual(told({ ...base, stages: two, outputs: { p: 's.p', q: 't.p' } }), {
      p: '[found, 4]',
      q: '[found_2, 4]',
    });
  });

  it('may have inputs of any size where a switch looks at their sizes', () => {
    const branches = [{ when: 'inputs.x.shape[1] == 4', model: 'net' }, { model: 'any' }];
    const document = {
      ...stage({ switch: branches }),
      inputs: { x: { datatype: 'FP32', shape: ['rows', 'columns'] } },
    };
    assert.deepEqual(told(document), { p: '[rows, 3]' });
  });
});
