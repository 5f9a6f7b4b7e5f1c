/** Tensors as tests write them: nested lists, a file, or one value everywhere. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createTensor, elementCount, InferError, type Tensor, type TensorSpec } from '@sheaf/inference';
import type { PipelineTest } from '@sheaf/mesh';

/** Loaded when it is needed: who has versions tried in other processes reads no pictures. */
const tensorIo = () => import('@sheaf/tensor-io');

type GivenInput = PipelineTest['inputs'] extends ReadonlyMap<string, infer Value> ? Value : never;
/** One that is written down, and not in a file of its own. */
export type GivenTensor = Exclude<GivenInput, string>;

/** Reads one input; files are named from `folder`. Throws InferError where it does not fit. */
export async function inputTensor(value: GivenInput, spec: TensorSpec, folder: string): Promise<Tensor> {
  if (typeof value !== 'string') return givenTensor(value, spec);
  const bytes = await readFile(resolve(folder, value)).catch(() => {
    throw new InferError('NOT_FOUND', `input ${spec.name}: there is no file ${value} beside the test`);
  });
  return (await tensorIo()).readTensor(bytes, spec);
}

/** The same of an output that a test makes up. */
export async function givenTensor(value: GivenTensor, spec: TensorSpec): Promise<Tensor> {
  const { readTensor } = await tensorIo();
  if (!('shape' in value)) return readTensor(Buffer.from(JSON.stringify(value)), spec);
  const { shape, fill = 0 } = value;
  const element = await readTensor(Buffer.from(`[${fill}]`), { ...spec, shape: [1] });
  const data = Buffer.alloc(elementCount(shape) * element.data.byteLength, element.data);
  return createTensor({ ...element, shape, data });
}
