import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readGraph, readModel } from '@sheaf/onnx';
import { sampleModels } from '@sheaf/onnx/testing';
import { diffModels, type ModelSide } from './diff-models.ts';
import { floatsApart } from './floats.ts';

const side = (bytes: Uint8Array): ModelSide => ({
  signature: readModel(bytes).signature,
  graph: readGraph(bytes, () => {
    throw new Error('nothing is beside it');
  }),
});

describe('the diff of two models', () => {
  it('is of one weight where that alone is other, with how far', () => {
    const { signature, operators, nodes, weights } = diffModels(
      side(sampleModels.scale(2)),
      side(sampleModels.scale(5)),
    );
    assert.deepEqual([signature, operators], [[], []]);
    assert.deepEqual([nodes.removed, nodes.added], [0, 0]);
    assert.equal(weights.changes.length, 1);
    assert.deepEqual(weights.changes[0]?.apart, { changed: 1, count: 1, largest: 3, mean: 3 });
  });

  it('is of nothing where both are the same', () => {
    const { weights, nodes } = diffModels(side(sampleModels.scale(2)), side(sampleModels.scale(2)));
    assert.deepEqual([weights.changes, weights.same, nodes.removed, nodes.added], [[], 1, 0, 0]);
  });

  it('tells of numbers that are none', () => {
    const bytes = (...values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
    const { largest, changed } = floatsApart(bytes(1, 2), bytes(1, Number.NaN), 4);
    assert.deepEqual([largest, changed], [Number.NaN, 1]);
    assert.equal(floatsApart(bytes(Number.NaN), bytes(Number.NaN), 4).changed, 0);
  });
});
