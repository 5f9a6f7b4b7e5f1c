import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkRequest, dimensionName, type Signature, type Tensor, type TensorSpec, tensorOf } from './index.ts';

const spec = (name: string, ...symbols: string[]): TensorSpec => ({
  name,
  datatype: 'UINT8',
  shape: symbols.map(() => -1),
  symbols,
});
const sent = (name: string, ...shape: number[]): Tensor =>
  tensorOf(name, 'UINT8', shape, new Uint8Array(shape.reduce((product, size) => product * size, 1)));
const check = (inputs: readonly TensorSpec[], tensors: readonly Tensor[]) => {
  const signature: Signature = { inputs, outputs: [] };
  return () => checkRequest(signature, tensors, []);
};
const refused = (field: string, message: string) => ({
  code: 'INVALID_ARGUMENT',
  message,
  violations: [{ field, description: message, reason: 'SHAPE_MISMATCH' }],
});

describe('dimensions of one name', () => {
  it('are one size in a call, and a refusal names both inputs, the name and the sizes', () => {
    const inputs = [spec('a', 'n', 'width'), spec('b', 'n'), { ...spec('c', 'n'), optional: true }];
    assert.doesNotThrow(check(inputs, [sent('a', 3, 1), sent('b', 3)]));
    assert.throws(
      check(inputs, [sent('a', 1, 5), sent('b', 3)]),
      refused('inputs[1].shape[0]', 'input "b": shape[0]: want 1 (n, as input "a" has it), got 3'),
    );
    // In whatever order they come, and with what may be left out.
    assert.throws(
      check(inputs, [sent('c', 3), sent('b', 3), sent('a', 1, 5)]),
      refused('inputs[2].shape[0]', 'input "a": shape[0]: want 3 (n, as input "c" has it), got 1'),
    );
  });

  it('are one size within a tensor too', () => {
    assert.throws(
      check([spec('square', 'n', 'n')], [sent('square', 2, 3)]),
      refused('inputs[0].shape[1]', 'input "square": shape[1]: want 2 (n, as input "square" has it), got 3'),
    );
  });

  it('may have any size when there is no name', () => {
    assert.doesNotThrow(check([spec('a', ''), spec('b', '')], [sent('a', 1), sent('b', 3)]));
  });
});

describe('the name of a dimension', () => {
  for (const name of ['n', 'batch_size', 'unk__6', 'Addy_dim_0', 's0', 'p2o.DynamicDimension.0', 'größe'])
    it(`may be ${name}`, () => assert.equal(dimensionName(name), name));
  for (const none of ['', '?', '-1', 'None', '2*n', 's0 + 1', 'floor(H/2)', '0', 'a b', 'batch-size'])
    it(`is none when it is written ${JSON.stringify(none)}`, () => assert.equal(dimensionName(none), ''));
});
