import { type Datatype, tensorOf } from '@sheaf/inference';
import type { Dim } from '../tensor-info.ts';
import { buildModel, type GraphSpec, type NodeSpec } from './graph-builder.ts';

/** A Loop whose body counts its iterations in float32; `trips` and `condition` name its inputs, '' for none. */
function countingLoop(trips: string, condition: string): NodeSpec {
  const body: GraphSpec = {
    inputs: [
      { name: 'i', datatype: 'INT64', shape: [] },
      { name: 'going', datatype: 'BOOL', shape: [] },
      { name: 'count', datatype: 'FP32', shape: [] },
    ],
    outputs: [
      { name: 'still', datatype: 'BOOL', shape: [] },
      { name: 'next', datatype: 'FP32', shape: [] },
    ],
    nodes: [
      { op: 'Identity', inputs: ['going'], outputs: ['still'] },
      { op: 'Add', inputs: ['count', 'one'], outputs: ['next'] },
    ],
    initializers: [tensorOf('one', 'FP32', [], Float32Array.of(1))],
  };
  return { op: 'Loop', inputs: [trips, condition, 'zero'], outputs: ['y'], attributes: { body: { graph: body } } };
}

/** Small models that tests and benches are made of; each function answers the bytes of a model file. */
export const sampleModels = {
  /** `y` is `x`. */
  identity: (datatype: Datatype, shape: readonly Dim[]): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype, shape }],
      outputs: [{ name: 'y', datatype, shape }],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    }),

  /** `y = x * factor`, FP32. */
  scale: (factor: number, shape: readonly Dim[] = ['batch', 2]): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape }],
      outputs: [{ name: 'y', datatype: 'FP32', shape }],
      nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
      initializers: [tensorOf('factor', 'FP32', [], Float32Array.of(factor))],
    }),

  /** `y = a + b`, FP32. */
  add: (shape: readonly Dim[] = ['batch', 2]): Uint8Array =>
    buildModel({
      inputs: [
        { name: 'a', datatype: 'FP32', shape },
        { name: 'b', datatype: 'FP32', shape },
      ],
      outputs: [{ name: 'y', datatype: 'FP32', shape }],
      nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
    }),

  /** `sum = a + b` and `difference = a - b`, FP32 `[n]`. */
  severalOutputs: (): Uint8Array =>
    buildModel({
      inputs: [
        { name: 'a', datatype: 'FP32', shape: ['n'] },
        { name: 'b', datatype: 'FP32', shape: ['n'] },
      ],
      outputs: [
        { name: 'sum', datatype: 'FP32', shape: ['n'] },
        { name: 'difference', datatype: 'FP32', shape: ['n'] },
      ],
      nodes: [
        { op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
        { op: 'Sub', inputs: ['a', 'b'], outputs: ['difference'] },
      ],
    }),

  /** Counts to `x` (INT64 scalar): a run as long as the caller wants, about 1 us an iteration. */
  slowLoop: (): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype: 'INT64', shape: [] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [] }],
      nodes: [countingLoop('x', '')],
      initializers: [tensorOf('zero', 'FP32', [], Float32Array.of(0))],
    }),

  /** Never ends, whatever the input. */
  endlessLoop: (): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [] }],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['zero'] }, countingLoop('', 'always')],
      initializers: [tensorOf('always', 'BOOL', [], Uint8Array.of(1))],
    }),

  /** Reshapes `x` (FP32 `[n]`) to `[2, 2]`, which fails for any other number of elements than 4. */
  failingReshape: (): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n'] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2] }],
      nodes: [{ op: 'Reshape', inputs: ['x', 'square'], outputs: ['y'] }],
      initializers: [tensorOf('square', 'INT64', [2], BigInt64Array.of(2n, 2n))],
    }),

  /** Fills `y` (FP32 `[n]`) with zeros, n given by `x` (INT64 `[1]`): two small integers may ask for gigabytes. */
  zeros: (): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype: 'INT64', shape: [1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }],
      nodes: [{ op: 'ConstantOfShape', inputs: ['x'], outputs: ['y'] }],
    }),

  /** Shifts every class probability by one constant row: `probabilities = x + row`, FP32 `[batch, classes]`. */
  classifier: (row: readonly number[]): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', row.length] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: ['batch', row.length] }],
      nodes: [{ op: 'Add', inputs: ['x', 'row'], outputs: ['probabilities'] }],
      initializers: [tensorOf('row', 'FP32', [row.length], Float32Array.from(row))],
    }),

  /** An operator that no runtime knows. */
  unknownOperator: (): Uint8Array =>
    buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
      nodes: [{ op: 'Frobnicate', inputs: ['x'], outputs: ['y'] }],
    }),
};
