/** Models that compute on one vector, and pipelines of one stage over them, for tests. */
import assert from 'node:assert/strict';
import { elements, type Infer, InferError, type Signature, type Tensor, tensorOf } from '@sheaf/inference';
import { type Ask, buildPipeline, type FakeOptions } from './test-pipeline.ts';

export const vector = (name: string) => ({ name, datatype: 'FP32', shape: [-1], symbols: ['n'] }) as const;
export const unary: Signature = { inputs: [vector('x')], outputs: [vector('y')] };
export const names = ['a', 'b', 'c', 'd', 'slow', 'meta'];
export const signatures = Object.fromEntries(names.map((name) => [name, unary]));

export const fp32 = (name: string, ...values: number[]): Tensor =>
  tensorOf(name, 'FP32', [values.length], Float32Array.from(values));
export const valuesOf = (tensor: Tensor | undefined): number[] => {
  assert.ok(tensor);
  return Array.from(elements({ ...tensor, datatype: 'FP32' }));
};

/** A model that computes each element, after so many milliseconds. */
export const computing =
  (compute: (value: number) => number, delayMs = 0, seen?: (aborted: () => boolean) => void): Infer =>
  async ({ model, inputs }, { clock, signal }) => {
    seen?.(() => signal.aborted);
    if (delayMs > 0)
      await new Promise<void>((resolve, reject) => {
        const stop = clock.after(delayMs, resolve);
        signal.addEventListener('abort', () => {
          stop();
          reject(new InferError('CANCELLED', 'the caller cancelled the call'));
        });
      });
    const [input] = inputs as [Tensor];
    return { model, version: '1', parameters: new Map(), outputs: [fp32('y', ...valuesOf(input).map(compute))] };
  };
export const failing =
  (code: InferError['code'] = 'UNAVAILABLE'): Infer =>
  async () => {
    throw new InferError(code, 'no');
  };

export const document = (stages: object, outputs: object = { y: 's.y' }, more: object = {}) => ({
  pipeline: 'p',
  inputs: { x: { datatype: 'FP32', shape: ['n'] } },
  ...more,
  stages,
  outputs,
});
export const step = (model: string) => ({ model });
export const run = (
  body: object,
  models: FakeOptions['models'],
  ask: Partial<Ask> = {},
  more: object = {},
  options: Partial<FakeOptions> = {},
) =>
  buildPipeline(document(body, { y: 's.y?' }, more), { signatures, models: models ?? {}, ...options })({
    inputs: [fp32('x', 1, 2)],
    ...ask,
  });
export const yOf = ({ outputs }: { outputs: readonly Tensor[] }): number[] =>
  valuesOf(outputs.find(({ name }) => name === 'y'));
export const stage = (body: object) => ({ s: { inputs: { x: 'x' }, ...body } });
export const plus = (amount: number, delayMs = 0) => computing((value) => value + amount, delayMs);
/** A model that takes 5 ms, and counts the calls that are open at once. */
export const countingModel = () => {
  const counts = { open: 0, most: 0 };
  const model: Infer = async (request, context) => {
    counts.most = Math.max(counts.most, ++counts.open);
    const response = await plus(0, 5)(request, context);
    counts.open--;
    return response;
  };
  return { model, counts };
};
