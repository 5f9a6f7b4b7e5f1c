import { tensorOf } from '@sheaf/inference';
import { buildModel, type NodeSpec } from '@sheaf/onnx/testing';

/** A multilayer perceptron with ReLU between its layers, its weights made up but always the same. FP32 `x` `[batch, first]` to `y` `[batch, last]`. */
export function perceptron(...sizes: readonly [number, number, ...number[]]): Uint8Array {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const layers = sizes.slice(1).map((size, index) => ({ from: sizes[index] ?? 0, to: size, index }));
  const last = layers.length - 1;
  const nodes = layers.flatMap(({ index }): NodeSpec[] => {
    const input = index === 0 ? 'x' : `h${index}`;
    const output = index === last ? 'y' : `z${index}`;
    const gemm = { op: 'Gemm', inputs: [input, `w${index}`, `b${index}`], outputs: [output] };
    return index === last ? [gemm] : [gemm, { op: 'Relu', inputs: [output], outputs: [`h${index + 1}`] }];
  });
  return buildModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', sizes[0]] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', sizes.at(-1) ?? 0] }],
    nodes,
    initializers: layers.flatMap(({ from, to, index }) => [
      tensorOf(
        `w${index}`,
        'FP32',
        [from, to],
        Float32Array.from({ length: from * to }, () => random() / Math.sqrt(from)),
      ),
      tensorOf(`b${index}`, 'FP32', [to], Float32Array.from({ length: to }, random)),
    ]),
  });
}
