/** Models whose rows are independent, and models that mix them: by sums, order, statistics, chance. For tests of what may share a run. */
import { tensorOf } from '@sheaf/inference';
import type { TensorInfo } from '../tensor-info.ts';
import { buildModel, type NodeSpec } from './graph-builder.ts';

/** One step of a chain: nodes from a tensor [n, 4] to another one, which may use the constants below. */
export type ChainStep = (from: string, to: string) => readonly NodeSpec[];

const features = 4;
const weights = Float32Array.from({ length: features * features }, (_, index) => Math.sin(index + 1));
const constants = [
  tensorOf('weights', 'FP32', [features, features], weights),
  tensorOf('rowAxis', 'INT64', [1], BigInt64Array.of(0n)),
  tensorOf('axis0', 'INT64', [], BigInt64Array.of(0n)),
  tensorOf('axis1', 'INT64', [1], BigInt64Array.of(1n)),
  tensorOf('tiny', 'FP32', [], Float32Array.of(1e-30)),
  tensorOf('large', 'FP32', [], Float32Array.of(50)),
  tensorOf('half', 'FP32', [], Float32Array.of(0.5)),
  tensorOf('yes', 'BOOL', [], Uint8Array.of(1)),
  tensorOf('flat', 'INT64', [3], BigInt64Array.of(1n, 1n, -1n)),
  tensorOf('lines', 'INT64', [2], BigInt64Array.of(-1n, BigInt(features))),
  tensorOf(
    'gates',
    'FP32',
    [1, 4 * features, features],
    Float32Array.from({ length: 64 }, (_, i) => Math.cos(i)),
  ),
];
const ints = (...values: number[]): readonly bigint[] => values.map(BigInt);
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes?: NodeSpec['attributes'],
): NodeSpec => ({
  op,
  inputs,
  outputs: [output],
  ...(attributes ? { attributes } : {}),
});

/** Steps whose rows are independent. */
export const rowWise: Readonly<Record<string, ChainStep>> = {
  matmul: (from, to) => [node('MatMul', [from, 'weights'], to)],
  tanh: (from, to) => [node('Tanh', [from], to)],
  softmax: (from, to) => [node('Softmax', [from], to, { axis: 1n })],
  center: (from, to) => [
    node('ReduceMean', [from, 'axis1'], `${to}_mean`, { keepdims: 1n }),
    node('Sub', [from, `${to}_mean`], to),
  ],
  running: (from, to) => [node('CumSum', [from, 'axis1'], to)],
};

/** Steps that mix rows, or draw at random. */
export const rowMixing: Readonly<Record<string, ChainStep>> = {
  'running sum over the first dimension': (from, to) => [node('CumSum', [from, 'axis0'], to)],
  'softmax over the first dimension': (from, to) => [node('Softmax', [from], to, { axis: 0n })],
  'centering over the first dimension': (from, to) => [
    node('ReduceMean', [from, 'rowAxis'], `${to}_mean`, { keepdims: 1n }),
    node('Sub', [from, `${to}_mean`], to),
  ],
  'a mean below what rounding shows': (from, to) => [
    node('ReduceMean', [from, 'rowAxis'], `${to}_mean`, { keepdims: 1n }),
    node('Mul', [`${to}_mean`, 'tiny'], `${to}_share`),
    node('Add', [from, `${to}_share`], to),
  ],
  'a largest value that only counts above a bound': (from, to) => [
    node('ReduceMax', [from], `${to}_max`, { keepdims: 0n }),
    node('Greater', [`${to}_max`, 'large'], `${to}_above`),
    node('Neg', [from], `${to}_negative`),
    node('Where', [`${to}_above`, `${to}_negative`, from], to),
  ],
  'attention over the first dimension': (from, to) => [
    node('Transpose', [from], `${to}_turned`, { perm: ints(1, 0) }),
    node('MatMul', [from, `${to}_turned`], `${to}_scores`),
    node('Softmax', [`${to}_scores`], `${to}_shares`, { axis: 1n }),
    node('MatMul', [`${to}_shares`, from], to),
  ],
  'pooling over the first dimension': (from, to) => [
    node('Transpose', [from], `${to}_turned`, { perm: ints(1, 0) }),
    node('Unsqueeze', [`${to}_turned`, 'axis0'], `${to}_series`),
    node('MaxPool', [`${to}_series`], `${to}_pooled`, { kernel_shape: ints(3), pads: ints(1, 1), strides: ints(1) }),
    node('Squeeze', [`${to}_pooled`, 'rowAxis'], `${to}_lines`),
    node('Transpose', [`${to}_lines`], to, { perm: ints(1, 0) }),
  ],
  'an LSTM over the first dimension': (from, to) => [
    node('Unsqueeze', [from, 'axis1'], `${to}_series`),
    {
      op: 'LSTM',
      inputs: [`${to}_series`, 'gates', 'gates'],
      outputs: [`${to}_states`],
      attributes: { hidden_size: BigInt(features) },
    },
    node('Reshape', [`${to}_states`, 'lines'], to),
  ],
  'a share of the number of rows': (from, to) => [
    node('Shape', [from], `${to}_shape`),
    node('Cast', [`${to}_shape`], `${to}_sizes`, { to: 1n }),
    node('Gather', [`${to}_sizes`, 'axis0'], `${to}_rows`),
    node('Div', [from, `${to}_rows`], to),
  ],
  'noise like its input': (from, to) => [
    node('RandomNormalLike', [from], `${to}_noise`),
    node('Add', [from, `${to}_noise`], to),
  ],
  'noise of a shape of its own': (from, to) => [
    node('RandomNormal', [], `${to}_noise`, { shape: ints(1, features) }),
    node('Add', [from, `${to}_noise`], to),
  ],
  'a draw by its probabilities': (from, to) => [
    node('Multinomial', [from], `${to}_class`, { sample_size: BigInt(features), dtype: 6n }),
    node('Cast', [`${to}_class`], to, { to: 1n }),
  ],
  'dropout in training': (from, to) => [node('Dropout', [from, 'half', 'yes'], to)],
  'a sort along the first dimension': (from, to) => [
    node('Shape', [from], `${to}_shape`),
    node('Gather', [`${to}_shape`, 'rowAxis'], `${to}_k`),
    { op: 'TopK', inputs: [from, `${to}_k`], outputs: [to, `${to}_order`], attributes: { axis: 0n } },
  ],
};

/** A model that does the steps one after the other: FP32 `x` [symbol, 4] to `y` [outSymbol, 4]. */
export function chainModel(steps: readonly ChainStep[], symbol = 'batch', outSymbol = symbol): Uint8Array {
  const names = ['x', ...steps.map((_, index) => (index === steps.length - 1 ? 'y' : `h${index}`))];
  const info = (name: string, first: string): TensorInfo => ({ name, datatype: 'FP32', shape: [first, features] });
  return buildModel({
    inputs: [info('x', symbol)],
    outputs: [info('y', outSymbol)],
    nodes: steps.flatMap((step, index) => step(names[index] as string, names[index + 1] as string)),
    initializers: constants,
  });
}

/** `y[i] = table[x[i]]`: the second of its inputs has no rows, whatever its dimension is called. */
export const lookupModel = (symbol: string): Uint8Array =>
  buildModel({
    inputs: [
      { name: 'x', datatype: 'INT64', shape: ['batch'] },
      { name: 'table', datatype: 'FP32', shape: [symbol, features] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', features] }],
    nodes: [node('Gather', ['table', 'x'], 'y')],
  });
