/** What no grammar says: what a message needs to be looked at to its end, and large ones that are right. */
import { type Beside, plainMessage, type Shape } from './shapes.ts';
import { tag, varint, within } from './wire.ts';

/** The model of the mesh that the messages are sent to: it takes `x`, of rows of two. */
export const model = 'pair';

const text = (field: number, value: string): Buffer => within(field, Buffer.from(value));
const tensorOf = (datatype: string, shape: readonly number[]): Buffer =>
  Buffer.concat([text(1, 'x'), text(2, datatype), within(3, Buffer.concat(shape.map(varint)))]);
const open = (call: number, request: Buffer = text(1, model)): Buffer =>
  within(2, Buffer.concat([tag(1, 0), varint(call), tag(2, 0), varint(1_000_000), within(4, request)]));

export const beside: Beside = {
  'inference.ModelInferRequest': text(1, model),
  'inference.ModelInferResponse': text(1, model),
  'inference.ModelInferRequest.InferInputTensor': tensorOf('FP32', [1, 2]),
  'inference.ModelInferResponse.InferOutputTensor': tensorOf('FP32', [1, 2]),
  // The other side has said hello.
  'sheaf.mesh.v1.ClientFrames': within(1, within(1, Buffer.from([0x08, 1]))),
  'sheaf.mesh.v1.Open': Buffer.concat([tag(1, 0), varint(1), tag(2, 0), varint(1_000_000), within(4, Buffer.alloc(0))]),
};

/** Each list of numbers, its field, and one number in it, packed and by itself. */
const lists = [
  ['BOOL', 1, [1], [0x08, 1]],
  ['INT8', 2, [1], [0x10, 1]],
  ['INT32', 2, [1], [0x10, 1]],
  ['INT64', 3, [1], [0x18, 1]],
  ['UINT8', 4, [1], [0x20, 1]],
  ['UINT64', 5, [1], [0x28, 1]],
  ['FP32', 6, [0, 0, 0, 1], [0x35, 0, 0, 0, 1]],
  ['FP64', 7, [0, 0, 0, 0, 0, 0, 0, 1], [0x39, 0, 0, 0, 0, 0, 0, 0, 1]],
  ['BYTES', 8, undefined, [0x42, 0]],
] as const;

/** A request with one input of so many elements; `contents` holds them. */
const typedRequest = (datatype: string, count: number, contents: Buffer): Buffer =>
  Buffer.concat([text(1, model), within(5, Buffer.concat([tensorOf(datatype, [count]), within(5, contents)]))]);

const typedShapes: readonly Shape[] = lists.flatMap(([datatype, field, packed, single]): Shape[] => {
  const filled = (bytes: number, one: readonly number[], count: number): Buffer =>
    Buffer.alloc(Math.min(bytes, count * one.length), Buffer.from(one));
  const counted = (bytes: number, one: readonly number[]): number => Math.max(1, Math.floor((bytes - 64) / one.length));
  const one = {
    name: `${datatype} in typed contents, one by one`,
    make: (bytes: number) => {
      const count = counted(bytes, single);
      return typedRequest(datatype, count, filled(bytes, single, count));
    },
  };
  if (!packed) return [one];
  return [
    one,
    {
      name: `${datatype} in typed contents, packed`,
      make: (bytes) => {
        const count = counted(bytes, packed);
        return typedRequest(datatype, count, within(field, filled(bytes, packed, count)));
      },
    },
    {
      name: `${datatype} in typed contents, among empty lists`,
      make: (bytes) => {
        const empty = Buffer.concat([tag(field, 2), Buffer.from([0])]);
        const contents = Buffer.concat([Buffer.alloc(bytes - (bytes % 2) - 64, empty), Buffer.from(single)]);
        return typedRequest(datatype, 1, contents);
      },
    },
  ];
});

const rawShapes: readonly Shape[] = [
  {
    name: 'BYTES of empty elements, raw',
    make: (bytes) => {
      const count = Math.max(1, Math.floor((bytes - 64) / 4));
      const input = within(5, tensorOf('BYTES', [count]));
      return Buffer.concat([text(1, model), input, within(7, Buffer.alloc(4 * count))]);
    },
  },
  {
    name: 'BOOL, raw',
    make: (bytes) => {
      const count = Math.max(1, bytes - 64);
      return Buffer.concat([text(1, model), within(5, tensorOf('BOOL', [count])), within(7, Buffer.alloc(count, 1))]);
    },
  },
  {
    name: 'a large id',
    make: (bytes) => Buffer.concat([text(1, model), text(3, 'a'.repeat(bytes - 16))]),
  },
];

/** Frames with a number each, as many as fit. */
const numbered = (bytes: number, frame: (call: number) => Buffer): Buffer => {
  const frames = [beside['sheaf.mesh.v1.ClientFrames'] as Buffer];
  let size = frames[0]?.length ?? 0;
  for (let call = 1; size < bytes - 40; call++) {
    const made = within(1, frame(call));
    frames.push(made);
    size += made.length;
  }
  return Buffer.concat(frames);
};

const frameShapes: readonly Shape[] = [
  { name: 'calls that are opened', make: (bytes) => numbered(bytes, open) },
  { name: 'calls that say nothing', make: (bytes) => numbered(bytes, (call) => open(call, Buffer.alloc(0))) },
  {
    name: 'a call whose request is all fields that are passed over',
    make: (bytes) => {
      const request = Buffer.concat([text(1, model), plainMessage(Math.max(3, bytes - 80))]);
      return Buffer.concat([beside['sheaf.mesh.v1.ClientFrames'] as Buffer, within(1, open(1, request))]);
    },
  },
];

/** By the message that they are. */
export const rightShapes: Readonly<Record<string, readonly Shape[]>> = {
  'inference.ModelInferRequest': [...typedShapes, ...rawShapes],
  'sheaf.mesh.v1.ClientFrames': frameShapes,
};
