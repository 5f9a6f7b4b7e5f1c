import {
  createTensor,
  type Datatype,
  elementCount,
  InferError,
  type InferRequest,
  type InferResponse,
  invalidField,
  isDatatype,
  type Limits,
  type Tensor,
} from '@sheaf/inference';
import type { ModelInferRequest, ModelInferRequest__Output } from './generated/inference/ModelInferRequest.ts';
import type { ModelInferResponse, ModelInferResponse__Output } from './generated/inference/ModelInferResponse.ts';
import { decodeParameters, encodeParameters } from './parameters.ts';
import { fromTyped, toTyped } from './typed-contents.ts';

type WireTensor = NonNullable<ModelInferRequest__Output['inputs']>[number];

/** Model names: the rule of every door. Dots inside are ordinary; what could be a path is not. */
const namePattern = /^[A-Za-z0-9._][A-Za-z0-9._-]*$/;

export function checkName(field: string, name: string, limits: Limits): void {
  if (name.length > limits.nameCharsMax)
    throw invalidField(field, `want at most ${limits.nameCharsMax} characters, got ${name.length}`, 'NAME_INVALID');
  if (!namePattern.test(name) || name === '.' || name === '..') {
    throw invalidField(field, 'want letters, digits, ".", "_" and "-", not starting with "-"', 'NAME_INVALID');
  }
}

/** Empty, or a positive decimal integer without a leading zero, below 2^63. */
export function checkVersion(field: string, version: string): void {
  const valid = version === '' || (/^[1-9][0-9]{0,18}$/.test(version) && BigInt(version) < 2n ** 63n);
  if (!valid)
    throw invalidField(field, 'want a positive decimal integer, or nothing for the newest version', 'VERSION_INVALID');
}

function atMost(field: string, count: number, max: number): void {
  if (count > max) {
    throw new InferError('RESOURCE_EXHAUSTED', `${field}: want at most ${max}, got ${count}`, {
      reason: 'TOO_MANY',
      metadata: { limit: String(max), size: String(count) },
      retryAfterMs: -1,
    });
  }
}

/** Decodes once, at the door; what comes out is valid, and its tensors are views on the message. */
export function decodeRequest(wire: ModelInferRequest__Output, limits: Limits): InferRequest {
  checkName('model_name', wire.modelName, limits);
  checkVersion('model_version', wire.modelVersion);
  atMost('inputs', wire.inputs.length, limits.inputsMax);
  atMost('outputs', wire.outputs.length, limits.outputsMax);
  return {
    model: wire.modelName,
    version: wire.modelVersion,
    id: wire.id,
    parameters: decodeParameters(wire.parameters, limits),
    inputs: decodeTensors('inputs', wire.inputs, wire.rawInputContents, limits),
    outputs: wire.outputs.map(({ name }) => name),
  };
}

/** Whether the caller speaks in typed contents, and so reads typed contents. */
export const isTyped = (wire: ModelInferRequest__Output): boolean =>
  wire.inputs.some(({ contents }) => contents !== null);

function decodeTensors(side: string, tensors: readonly WireTensor[], raw: readonly Buffer[], limits: Limits): Tensor[] {
  const typed = tensors.findIndex(({ contents }) => contents !== null);
  if (typed !== -1 && raw.length > 0) {
    throw invalidField(
      `${side}[${typed}].contents`,
      'want either typed contents or raw_input_contents, got both',
      'CONTENTS_INVALID',
    );
  }
  if (typed === -1 && raw.length !== tensors.length) {
    throw invalidField(
      `raw_${side.slice(0, -1)}_contents`,
      `want ${tensors.length} entries, one per tensor, got ${raw.length}`,
      'CONTENTS_INVALID',
    );
  }
  return tensors.map((tensor, index) => decodeTensor(tensor, raw[index], `${side}[${index}]`, limits));
}

function decodeTensor(wire: WireTensor, raw: Buffer | undefined, path: string, limits: Limits): Tensor {
  const { name, contents } = wire;
  if (name === '' || name.length > limits.nameCharsMax)
    throw invalidField(`${path}.name`, `want 1 to ${limits.nameCharsMax} characters`, 'NAME_INVALID');
  const datatype = decodeDatatype(wire.datatype, path);
  const shape = decodeShape(wire.shape as readonly string[], path, limits);
  if (raw) return createTensor({ name, datatype, shape, data: raw }, path);
  if (!contents)
    throw invalidField(`${path}.contents`, 'the tensor has neither typed nor raw contents', 'CONTENTS_INVALID');
  return createTensor(fromTyped(contents, { name, datatype, shape }, path), path);
}

function decodeDatatype(datatype: string, path: string): Datatype {
  if (!isDatatype(datatype))
    throw invalidField(
      `${path}.datatype`,
      'want a datatype of the Open Inference Protocol, such as FP32',
      'DATATYPE_UNKNOWN',
    );
  return datatype;
}

function decodeShape(dims: readonly string[], path: string, limits: Limits): number[] {
  if (dims.length > limits.rankMax)
    throw invalidField(
      `${path}.shape`,
      `want at most ${limits.rankMax} dimensions, got ${dims.length}`,
      'RANK_TOO_LARGE',
    );
  const shape = dims.map(Number);
  const wrong = shape.findIndex((dim) => !Number.isSafeInteger(dim) || dim < 0);
  if (wrong !== -1)
    throw invalidField(`${path}.shape[${wrong}]`, `want 0 or more, got ${dims[wrong]}`, 'SHAPE_INVALID');
  const count = elementCount(shape);
  if (count > limits.elementsMax)
    throw invalidField(`${path}.shape`, `want at most ${limits.elementsMax} elements, got ${count}`, 'SHAPE_INVALID');
  return shape;
}

const asBuffer = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

export function encodeRequest(request: InferRequest): ModelInferRequest {
  return {
    modelName: request.model,
    modelVersion: request.version,
    id: request.id,
    parameters: encodeParameters(request.parameters),
    inputs: request.inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: [...shape] })),
    outputs: request.outputs.map((name) => ({ name })),
    rawInputContents: request.inputs.map(({ data }) => asBuffer(data)),
  };
}

/** Raw contents, unless the caller spoke in typed ones and every output has a typed form. */
export function encodeResponse(response: InferResponse, id: string, typed: boolean): ModelInferResponse {
  const contents = typed ? response.outputs.map(toTyped) : [];
  const asTyped = typed && contents.every((content) => content !== undefined);
  return {
    modelName: response.model,
    modelVersion: response.version,
    id,
    parameters: encodeParameters(response.parameters),
    outputs: response.outputs.map(({ name, datatype, shape }, index) => {
      const meta = { name, datatype, shape: [...shape] };
      return asTyped ? { ...meta, contents: contents[index] ?? null } : meta;
    }),
    rawOutputContents: asTyped ? [] : response.outputs.map(({ data }) => asBuffer(data)),
  };
}

export function decodeResponse(wire: ModelInferResponse__Output, limits: Limits): InferResponse {
  return {
    model: wire.modelName,
    version: wire.modelVersion,
    parameters: decodeParameters(wire.parameters, limits),
    outputs: decodeTensors('outputs', wire.outputs, wire.rawOutputContents, limits),
  };
}
