import type { Datatype } from '@sheaf/inference';

/** ONNX TensorProto.DataType of each datatype. */
export const elementTypes: Readonly<Record<Datatype, number>> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
  BF16: 16,
};

export const datatypes: ReadonlyMap<number, Datatype> = new Map(
  Object.entries(elementTypes).map(([datatype, number]) => [number, datatype as Datatype]),
);

const others: Readonly<Record<number, string>> = {
  14: 'COMPLEX64',
  15: 'COMPLEX128',
  17: 'FLOAT8E4M3FN',
  18: 'FLOAT8E4M3FNUZ',
  19: 'FLOAT8E5M2',
  20: 'FLOAT8E5M2FNUZ',
  21: 'UINT4',
  22: 'INT4',
  23: 'FLOAT4E2M1',
  24: 'FLOAT8E8M0',
  25: 'UINT2',
  26: 'INT2',
};

/** An element type that no datatype of the protocol is, as ONNX calls it. */
export const elementTypeName = (number: number): string => others[number] ?? `number ${number}`;
