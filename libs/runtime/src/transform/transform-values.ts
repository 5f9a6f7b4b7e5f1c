/** What a transform reads and writes: typed arrays in, and what it returns held against what it declares. */
import {
  compileDimensions,
  createTensor,
  type Datatype,
  elementCount,
  elements,
  InferError,
  mismatch,
  packBytes,
  type Tensor,
  type TensorDeclaration,
  type TensorSpec,
  type Transform,
  unpackBytes,
} from '@sheaf/inference';

/** What a transform gave is not what it declares: its author's fault, told in a sentence that callers may read too. */
export class UnlikeDeclared extends Error {}

export function specOf(name: string, { datatype, shape, optional }: TensorDeclaration): TensorSpec {
  return {
    name,
    datatype,
    shape: shape.map((dim) => (typeof dim === 'string' ? -1 : dim)),
    symbols: shape.map((dim) => (typeof dim === 'string' ? dim : '')),
    ...(optional === true ? { optional } : {}),
  };
}

const specsOf = (declarations: Transform['inputs']): TensorSpec[] =>
  Object.entries(declarations).map(([name, declaration]) => specOf(name, declaration));

export function readValues(tensor: Tensor): { shape: readonly number[]; data: unknown } {
  const { datatype, shape } = tensor;
  return { shape, data: datatype === 'BYTES' ? unpackBytes(tensor.data) : elements({ ...tensor, datatype }) };
}

/** The typed arrays whose bytes are those of a datatype; the first is the one to ask for. */
const kinds: Readonly<Record<Exclude<Datatype, 'BYTES'>, readonly string[]>> = {
  BOOL: ['Uint8Array'],
  INT8: ['Int8Array'],
  INT16: ['Int16Array'],
  INT32: ['Int32Array'],
  INT64: ['BigInt64Array'],
  UINT8: ['Uint8Array', 'Uint8ClampedArray'],
  UINT16: ['Uint16Array'],
  UINT32: ['Uint32Array'],
  UINT64: ['BigUint64Array'],
  FP16: ['Uint16Array', 'Float16Array'],
  BF16: ['Uint16Array'],
  FP32: ['Float32Array'],
  FP64: ['Float64Array'],
};

/** What `Object.prototype.toString` calls it: a Buffer is a Uint8Array, and nobody's class is one by its name alone. */
const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice('[object '.length, -1);

function described(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const kind = typeof value === 'object' ? kindOf(value) : typeof value;
  return `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** `what` names the tensor, such as `output "y"`. */
export function writeValues(what: string, name: string, datatype: Datatype, value: unknown): Tensor {
  const { shape, data } = (value ?? {}) as { shape?: readonly number[]; data?: unknown };
  if (!Array.isArray(shape)) throw new UnlikeDeclared(`${what}: want { shape, data }, got ${described(value)}`);
  const bytes = datatype === 'BYTES' ? packed(what, data) : typed(what, datatype, data);
  const count = elementCount(shape);
  const { length } = data as ArrayLike<unknown>;
  if (Number.isSafeInteger(count) && count >= 0 && length !== count)
    throw new UnlikeDeclared(
      `${what}: want ${count} elements of data for its shape [${shape.join(', ')}], got ${length}`,
    );
  try {
    return createTensor({ name, datatype, shape, data: bytes }, what);
  } catch (error) {
    throw error instanceof InferError ? new UnlikeDeclared(error.message) : error;
  }
}

function packed(what: string, data: unknown): Uint8Array {
  if (!Array.isArray(data))
    throw new UnlikeDeclared(`${what}: want an array of Uint8Arrays for BYTES, got ${described(data)}`);
  const wrong = data.findIndex((element) => typeof element !== 'string' && !(element instanceof Uint8Array));
  if (wrong !== -1)
    throw new UnlikeDeclared(
      `${what}: want a Uint8Array for each element of BYTES, got ${described(data[wrong])} at ${wrong}`,
    );
  return packBytes(data as (string | Uint8Array)[]);
}

function typed(what: string, datatype: Exclude<Datatype, 'BYTES'>, data: unknown): Uint8Array {
  if (!ArrayBuffer.isView(data) || !kinds[datatype].includes(kindOf(data)))
    throw new UnlikeDeclared(`${what}: want a ${kinds[datatype][0]} for ${datatype}, got ${described(data)}`);
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** Throws when outputs have other shapes than the transform declares, or dimensions of one name differ among them and the inputs. */
export function createOutputCheck(transform: Transform): (inputs: Sized, outputs: Sized) => void {
  const [inputs, outputs] = [specsOf(transform.inputs), specsOf(transform.outputs)];
  const disagreement = compileDimensions({ noun: 'input', specs: inputs }, { noun: 'output', specs: outputs });
  const byName = new Map(outputs.map((spec) => [spec.name, spec]));
  return (given, made) => {
    for (const tensor of made) {
      const spec = byName.get(tensor.name);
      const why = spec && mismatch(spec, tensor);
      if (why) throw new UnlikeDeclared(`output "${tensor.name}": ${why}`);
    }
    const found = disagreement(given, made);
    if (found) throw new UnlikeDeclared(`output "${found.name}": shape[${found.axis}]: ${found.why}`);
  };
}

type Sized = readonly Pick<Tensor, 'name' | 'datatype' | 'shape'>[];
