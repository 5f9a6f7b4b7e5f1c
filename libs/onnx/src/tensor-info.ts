/** ONNX ValueInfoProto of tensors, written. */
import type { Datatype } from '@sheaf/inference';
import type { Writer } from 'protobufjs/minimal.js';
import { elementTypes } from './element-types.ts';
import { writeInteger, writeMessage, writeText } from './wire.ts';

/** A number is fixed, a string symbolic, -1 unknown. */
export type Dim = number | string;

export interface TensorInfo {
  readonly name: string;
  readonly datatype: Datatype;
  /** Undefined: of any rank. */
  readonly shape: readonly Dim[] | undefined;
}

export function writeInfo(writer: Writer, { name, datatype, shape }: TensorInfo): void {
  writeText(writer, 1, name);
  writeMessage(writer, 2, (type) => writeMessage(type, 1, (tensor) => writeTensorType(tensor, datatype, shape)));
}

export function writeTensorType(writer: Writer, datatype: Datatype, shape: readonly Dim[] | undefined): void {
  writeInteger(writer, 1, elementTypes[datatype]);
  if (!shape) return;
  writeMessage(writer, 2, (dims) => {
    for (const dim of shape) writeMessage(dims, 1, (inner) => writeDim(inner, dim));
  });
}

function writeDim(writer: Writer, dim: Dim): void {
  if (typeof dim === 'string') writeText(writer, 2, dim);
  else if (dim !== -1) writeInteger(writer, 1, dim);
}
