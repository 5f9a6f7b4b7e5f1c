/** ModelInferRequest and ModelInferResponse, straight between their bytes and our nouns. */
import {
  createTensor,
  type Datatype,
  elementCount,
  type InferError,
  type InferRequest,
  type InferResponse,
  invalidField,
  isDatatype,
  type Limits,
  type Tensor,
  type TensorPlace,
  wrongTensor,
} from '@sheaf/inference';
import { checkName, checkVersion } from './check-name.ts';
import { atMost } from './limit.ts';
import { ParametersReader, writeParameters } from './parameters.ts';
import { WireReader } from './reader.ts';
import { fromTyped, hasTyped, writeTyped } from './typed-contents.ts';
import { WireWriter } from './writer.ts';

export interface DecodedRequest {
  readonly request: InferRequest;
  /** Whether the caller speaks in typed contents, and so reads typed contents. */
  readonly typed: boolean;
}

/** Decodes once, at the server; what comes out is valid, and its tensors are views on the message. */
export function decodeRequest(message: Buffer, limits: Limits): DecodedRequest {
  const reader = new WireReader(message);
  const parameters = new ParametersReader(limits);
  const inputs = new TensorsReader('input', limits.inputsMax, limits);
  const outputs: string[] = [];
  let outputCount = 0;
  let [modelAt, versionAt, idAt] = [0, 0, 0];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) modelAt = reader.place();
    else if (field === 2) versionAt = reader.place();
    else if (field === 3) idAt = reader.place();
    else if (field === 4) parameters.read(reader);
    else if (field === 5) inputs.readTensor(reader);
    else if (field === 6 && ++outputCount <= limits.outputsMax)
      outputs.push(readOutputName(reader, outputCount - 1, limits));
    else if (field === 7) inputs.readRaw(reader);
    else reader.skip();
  }
  const [model, version, id] = [reader.stringAt(modelAt), reader.stringAt(versionAt), reader.stringAt(idAt)];
  checkName('model_name', model, limits);
  checkVersion('model_version', version);
  atMost('inputs', inputs.count, limits.inputsMax);
  atMost('outputs', outputCount, limits.outputsMax);
  const request = { model, version, id, parameters: parameters.parameters(), inputs: inputs.tensors(), outputs };
  return { request, typed: inputs.typed };
}

function readOutputName(reader: WireReader, index: number, limits: Limits): string {
  let nameAt = 0;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) nameAt = reader.place();
    else reader.skip();
  }
  reader.leave(outer);
  const name = reader.stringAt(nameAt);
  if (name.length > limits.nameCharsMax)
    throw invalidField(`outputs[${index}].name`, `want at most ${limits.nameCharsMax} characters`, 'NAME_INVALID');
  return name;
}

export function decodeResponse(message: Buffer, limits: Limits): InferResponse {
  const reader = new WireReader(message);
  const parameters = new ParametersReader(limits);
  const outputs = new TensorsReader('output', limits.outputsMax, limits);
  let [modelAt, versionAt] = [0, 0];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) modelAt = reader.place();
    else if (field === 2) versionAt = reader.place();
    else if (field === 4) parameters.read(reader);
    else if (field === 5) outputs.readTensor(reader);
    else if (field === 6) outputs.readRaw(reader);
    else reader.skip();
  }
  atMost('outputs', outputs.count, limits.outputsMax);
  const [model, version] = [reader.stringAt(modelAt), reader.stringAt(versionAt)];
  return { model, version, parameters: parameters.parameters(), outputs: outputs.tensors() };
}

interface WireTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** More dimensions than the limit are counted only. */
  readonly rank: number;
  /** The last that came. */
  readonly contents: Buffer | undefined;
  readonly contentsCount: number;
}

/** Gathers tensors and raw contents as they come; those past the limit are counted only. */
class TensorsReader {
  readonly #side: 'input' | 'output';
  readonly #max: number;
  readonly #limits: Limits;
  readonly #tensors: WireTensor[] = [];
  readonly #raw: Buffer[] = [];
  #rawCount = 0;
  count = 0;

  constructor(side: 'input' | 'output', max: number, limits: Limits) {
    this.#side = side;
    this.#max = max;
    this.#limits = limits;
  }

  get typed(): boolean {
    return this.#rawCount === 0 && this.#tensors.some(({ contents }) => contents);
  }

  readTensor(reader: WireReader): void {
    if (++this.count > this.#max) reader.skip();
    else this.#tensors.push(readTensor(reader, this.#limits.rankMax));
  }

  readRaw(reader: WireReader): void {
    if (++this.#rawCount > this.#max) reader.skip();
    else this.#raw.push(reader.bytes());
  }

  /** Throws what is wrong with them. */
  tensors(): Tensor[] {
    const raw = `raw_${this.#side}_contents`;
    const twice = this.#tensors.find(({ contentsCount }) => contentsCount > 1);
    if (twice) throw this.#wrongContents(twice, `want one message, got ${twice.contentsCount}`);
    // MLServer sends empty contents beside its raw ones.
    const typed = this.#tensors.find(({ contents }) => contents && (contents.length > 0 || this.#rawCount === 0));
    if (typed && this.#rawCount > 0) throw this.#wrongContents(typed, `want either them or ${raw}, got both`);
    if (!typed && this.#rawCount !== this.count) {
      const what = `want ${this.count} entries, one per tensor, got ${this.#rawCount}`;
      throw invalidField(raw, what, 'CONTENTS_INVALID');
    }
    return this.#tensors.map((tensor, index) =>
      decodeTensor(tensor, this.#raw[index], { side: this.#side, index }, this.#limits),
    );
  }

  #wrongContents(tensor: WireTensor, what: string): InferError {
    const where = { side: this.#side, index: this.#tensors.indexOf(tensor) };
    return wrongTensor(where, calledBy(tensor.name, this.#limits), 'contents', what, 'CONTENTS_INVALID');
  }
}

/** What is too long for a name is none: the tensor is called by its place then. */
const calledBy = (name: string, { nameCharsMax }: Limits): string => (name.length > nameCharsMax ? '' : name);

function readTensor(reader: WireReader, rankMax: number): WireTensor {
  let [nameAt, datatypeAt, contentsAt, contentsCount, rank] = [0, 0, 0, 0, 0];
  const shape: number[] = [];
  const addDim = (dim: number): void => {
    if (++rank <= rankMax) shape.push(dim);
  };
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) nameAt = reader.place();
    else if (field === 2) datatypeAt = reader.place();
    else if (field === 3) readInt64s(reader, addDim);
    else if (field === 5) {
      contentsAt = reader.place();
      contentsCount++;
    } else reader.skip();
  }
  reader.leave(outer);
  const contents = contentsCount === 0 ? undefined : reader.bytesAt(contentsAt);
  const [name, datatype] = [reader.stringAt(nameAt), reader.stringAt(datatypeAt)];
  return { name, datatype, shape, rank, contents, contentsCount };
}

function readInt64s(reader: WireReader, add: (value: number) => void): void {
  if (!reader.isPacked) {
    add(reader.int64Number());
    return;
  }
  const outer = reader.enter();
  while (reader.nextPacked()) add((reader.high | 0) * 2 ** 32 + reader.low);
  reader.leave(outer);
}

function decodeTensor(wire: WireTensor, raw: Buffer | undefined, where: TensorPlace, limits: Limits): Tensor {
  const { name, contents } = wire;
  if (name === '' || calledBy(name, limits) === '')
    throw wrongTensor(where, '', 'name', `want 1 to ${limits.nameCharsMax} characters`, 'NAME_INVALID');
  const datatype = decodeDatatype(wire, where);
  const shape = decodeShape(wire, where, limits);
  if (raw) return createTensor({ name, datatype, shape, data: raw }, where);
  if (!contents)
    throw wrongTensor(where, name, 'contents', 'there are neither typed nor raw contents', 'CONTENTS_INVALID');
  return fromTyped(contents, { name, datatype, shape }, where, limits);
}

function decodeDatatype({ name, datatype }: WireTensor, where: TensorPlace): Datatype {
  if (isDatatype(datatype)) return datatype;
  const what = 'want a datatype of the Open Inference Protocol, such as FP32';
  throw wrongTensor(where, name, 'datatype', what, 'DATATYPE_UNKNOWN');
}

function decodeShape({ name, shape, rank }: WireTensor, where: TensorPlace, limits: Limits): readonly number[] {
  const { rankMax, elementsMax } = limits;
  if (rank > rankMax)
    throw wrongTensor(where, name, 'shape', `want at most ${rankMax} dimensions, got ${rank}`, 'RANK_TOO_LARGE');
  const at = shape.findIndex((dim) => !Number.isSafeInteger(dim) || dim < 0);
  if (at !== -1) throw wrongTensor(where, name, `shape[${at}]`, `want 0 or more, got ${shape[at]}`, 'SHAPE_INVALID');
  const count = elementCount(shape);
  if (count > elementsMax)
    throw wrongTensor(where, name, 'shape', `want at most ${elementsMax} elements, got ${count}`, 'SHAPE_INVALID');
  return shape;
}

/** About the bytes that tensors take on the wire. */
export const roughBytes = (tensors: readonly Tensor[]): number =>
  tensors.reduce((total, { data }) => total + data.byteLength + 64, 128);

export function encodeRequest(request: InferRequest): Buffer {
  const writer = new WireWriter(roughBytes(request.inputs));
  writeRequest(writer, request);
  return writer.finish();
}

/** The fields of a ModelInferRequest; contents are raw. */
export function writeRequest(writer: WireWriter, request: InferRequest): void {
  const { model, version, id, parameters, inputs, outputs } = request;
  writer.string(1, model);
  writer.string(2, version);
  writer.string(3, id);
  writeParameters(writer, 4, parameters);
  for (const tensor of inputs) writeTensor(writer, tensor);
  for (const name of outputs) {
    const mark = writer.begin(6);
    writer.string(1, name);
    writer.end(mark);
  }
  for (const { data } of inputs) writer.bytes(7, data);
}

/** What a server answers with. */
export interface InferResult {
  readonly response: InferResponse;
  /** Of the request, which the answer repeats. */
  readonly id: string;
  /** Whether the caller reads typed contents. */
  readonly typed: boolean;
}

/** Leaves `blankBytes` before it, for what its carrier puts there. */
export function encodeResponse(outcome: InferResult, blankBytes: number): Buffer {
  const writer = new WireWriter(blankBytes + roughBytes(outcome.response.outputs));
  writer.blank(blankBytes);
  writeResponse(writer, outcome);
  return writer.finish();
}

/** The fields of a ModelInferResponse. Raw contents, unless the caller spoke in typed ones and every output has a typed form. */
export function writeResponse(writer: WireWriter, { response, id, typed }: InferResult): void {
  const { model, version, parameters, outputs } = response;
  const asTyped = typed && outputs.every(hasTyped);
  writer.string(1, model);
  writer.string(2, version);
  writer.string(3, id);
  writeParameters(writer, 4, parameters);
  for (const tensor of outputs) writeTensor(writer, tensor, asTyped);
  if (!asTyped) for (const { data } of outputs) writer.bytes(6, data);
}

/** Inputs of a request and outputs of a response have the same fields. */
function writeTensor(writer: WireWriter, tensor: Tensor, typed = false): void {
  const mark = writer.begin(5, typed ? tensor.data.byteLength : 0);
  writer.string(1, tensor.name);
  writer.string(2, tensor.datatype);
  if (tensor.shape.length > 0) writer.packed(3, tensor.shape);
  if (typed) writeTyped(writer, 5, tensor);
  writer.end(mark);
}
