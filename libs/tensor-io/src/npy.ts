/** NumPy's .npy files: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { createTensor, type Datatype, invalidField, type Tensor } from '@sheaf/inference';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // \x93NUMPY

const datatypes: Readonly<Record<string, Datatype>> = {
  '|b1': 'BOOL',
  '|i1': 'INT8',
  '<i2': 'INT16',
  '<i4': 'INT32',
  '<i8': 'INT64',
  '|u1': 'UINT8',
  '<u2': 'UINT16',
  '<u4': 'UINT32',
  '<u8': 'UINT64',
  '<f2': 'FP16',
  '<f4': 'FP32',
  '<f8': 'FP64',
};

export const isNpy = (bytes: Uint8Array): boolean => magic.every((byte, index) => bytes[index] === byte);

/** Reads an array as the tensor `name`. Throws INVALID_ARGUMENT with what is wrong with the file. */
export function parseNpy(bytes: Uint8Array, name: string): Tensor {
  const wrong = (what: string): Error => invalidField(name, `the .npy file ${what}`);
  if (bytes.byteLength < 12) throw wrong('is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint8(6);
  // Version 1 has two bytes for the length of the header, later ones have four.
  const headerAt = major === 1 ? 10 : 12;
  const dataAt = headerAt + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataAt > bytes.byteLength) throw wrong('is cut off');
  const header = new TextDecoder().decode(bytes.subarray(headerAt, dataAt));
  const descr = /'descr': *'([^']*)'/.exec(header)?.[1];
  const shape = /'shape': *\(([0-9, ]*)\)/.exec(header)?.[1];
  if (descr === undefined || shape === undefined) throw wrong('has a header that cannot be read');
  const datatype = datatypes[descr];
  if (!datatype) throw wrong(`holds ${descr}; want one of ${Object.keys(datatypes).join(', ')}`);
  const dims = shape.split(',').flatMap((dim) => (dim.trim() === '' ? [] : [Number(dim)]));
  if (/'fortran_order': *True/.test(header) && dims.length > 1)
    throw wrong('is in Fortran order; save numpy.ascontiguousarray(array)');
  return createTensor({ name, datatype, shape: dims, data: bytes.subarray(dataAt) }, name);
}
