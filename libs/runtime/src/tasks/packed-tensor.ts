import { createTensor, type Tensor } from '@sheaf/inference';

/** A tensor between threads: memory of its own, aligned for any datatype, that can be transferred. */
export interface PackedTensor {
  readonly name: string;
  readonly datatype: Tensor['datatype'];
  readonly shape: readonly number[];
  readonly memory: ArrayBuffer;
}

/** The one copy of the bytes from a received message to the session. */
export function packTensor({ name, datatype, shape, data }: Tensor): PackedTensor {
  const memory = new ArrayBuffer(data.byteLength);
  new Uint8Array(memory).set(data);
  return { name, datatype, shape, memory };
}

export function unpackTensor({ name, datatype, shape, memory }: PackedTensor): Tensor {
  return createTensor({ name, datatype, shape, data: new Uint8Array(memory) });
}
