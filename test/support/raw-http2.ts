/** HTTP/2 frames by hand, for what no client library would send. */
import { connect } from 'node:net';

const types = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const endStream = 1;
export const endHeaders = 4;

export function frame(type: keyof typeof types, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = types[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** An HPACK integer of a 7-bit prefix (RFC 7541, 5.1), without Huffman coding. */
function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const lead: number[] = [];
  if (bytes.length < 127) lead.push(bytes.length);
  else {
    lead.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) lead.push((rest & 127) | 128);
    lead.push(rest);
  }
  return Buffer.concat([Buffer.from(lead), bytes]);
}

/** Literal headers without indexing. */
export const headerBlock = (headers: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(headers.map(([name, value]) => Buffer.concat([Buffer.from([0]), hpackText(name), hpackText(value)])));

export const inferHeaders = (path = '/inference.GRPCInferenceService/ModelInfer'): [string, string][] => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'test'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
];

/** One call with the given header block and body, each in one frame. */
export const call = (block: Buffer, body: Buffer): Buffer[] => [
  frame('headers', endHeaders, 1, block),
  frame('data', endStream, 1, body),
];

export type Outcome = 'answered' | 'reset' | 'goaway' | 'closed' | 'nothing';

/** Opens a connection, sends the frames after a good preface, and tells what came first for the stream. */
export function sendFrames(port: number, frames: readonly Buffer[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received: Buffer = Buffer.alloc(0);
    const finish = (outcome: Outcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(5_000, () => finish('nothing'));
    socket.on('error', () => finish('closed'));
    socket.on('close', () => finish('closed'));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 9) {
        const length = received.readUIntBE(0, 3);
        if (received.length < 9 + length) return;
        const type = received[3];
        received = received.subarray(9 + length);
        if (type === types.headers) finish('answered');
        else if (type === types.rstStream) finish('reset');
        else if (type === types.goAway) finish('goaway');
      }
    });
    socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frame('settings', 0, 0, Buffer.alloc(0)),
        ...frames,
      ]),
    );
  });
}
