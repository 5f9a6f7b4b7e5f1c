/** Calls of 100 bytes on one connection, made of frames that were prepared beforehand, so that the same few instructions load every server. */
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { frame } from '../support/raw-http2.ts';

export interface EchoLoad {
  readonly port: number;
  readonly isTls: boolean;
  readonly inFlight: number;
  readonly seconds: number;
}

export interface EchoResult {
  readonly calls: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const endStream = 1;
const endHeaders = 4;
const dataType = 0;
const headersType = 1;
const messageBytes = 100;
/** The message has the head that gRPC puts before it. */
const callBytes = messageBytes + 5;
const indexedMethodAndScheme = [0x83, 0x86];
const fields: readonly (readonly [string, string])[] = [
  [':path', '/inference.GRPCInferenceService/ModelInfer'],
  [':authority', '127.0.0.1:50051'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
  ['user-agent', 'grpc-bench/1.0'],
];

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

/** As real clients do: the first call puts its fields into the table, and the others name them by their place in it. */
const firstBlock = Buffer.concat([
  Buffer.from(indexedMethodAndScheme),
  ...fields.flatMap(([name, value]) => [Buffer.from([0x40]), text(name), text(value)]),
]);
const nextBlock = Buffer.from([
  ...indexedMethodAndScheme,
  ...fields.map((_, index) => 0x80 | (61 + fields.length - index)),
]);

const callOf = (block: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, messageBytes]), Buffer.alloc(messageBytes, 7)]);
  return Buffer.concat([frame('headers', endHeaders, 1, block), frame('data', endStream, 1, body)]);
};
const firstCall = callOf(firstBlock);
const nextCall = callOf(nextBlock);

function run({ port, isTls, inFlight, seconds }: EchoLoad): Promise<EchoResult> {
  return new Promise((resolve, reject) => {
    const socket = isTls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] })
      : connectPlain({ port, host: '127.0.0.1', noDelay: true });
    const begun: number[] = [];
    const times: number[] = [];
    let nextId = 1;
    let startedAt = 0;
    let rest: Buffer = Buffer.alloc(0);
    let dataBytes = 0;
    const begin = (count: number): void => {
      const calls: Buffer[] = [];
      const now = performance.now();
      for (let n = 0; n < count; n++) {
        const bytes = Buffer.from(nextId === 1 ? firstCall : nextCall);
        const headersBytes = 9 + (nextId === 1 ? firstBlock : nextBlock).length;
        bytes.writeUInt32BE(nextId, 5);
        bytes.writeUInt32BE(nextId, headersBytes + 5);
        begun[(nextId - 1) / 2] = now;
        nextId += 2;
        calls.push(bytes);
      }
      socket.write(Buffer.concat(calls));
    };
    const finish = (): void => {
      // Answers of calls that are still under way may have come in part.
      if (dataBytes < times.length * callBytes) reject(new Error(`${dataBytes} bytes for ${times.length} calls`));
      socket.removeAllListeners('close');
      socket.destroy();
      times.sort((a, b) => a - b);
      const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
      resolve({
        calls: times.length,
        seconds: (performance.now() - startedAt) / 1_000,
        p50Ms: at(0.5),
        p99Ms: at(0.99),
      });
    };
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    socket.on(isTls ? 'secureConnect' : 'connect', () => {
      const window = Buffer.alloc(4);
      window.writeUInt32BE(2 ** 31 - 1 - 65_535);
      socket.write(
        Buffer.concat([
          Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
          frame('settings', 0, 0, Buffer.alloc(0)),
          frame('settings', 1, 0, Buffer.alloc(0)),
          frame('windowUpdate', 0, 0, window),
        ]),
      );
      startedAt = performance.now();
      begin(inFlight);
    });
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const now = performance.now();
      let at = 0;
      let ended = 0;
      while (bytes.length - at >= 9) {
        const next = at + 9 + bytes.readUIntBE(at, 3);
        if (next > bytes.length) break;
        if (bytes[at + 3] === headersType && ((bytes[at + 4] as number) & endStream) !== 0) {
          times.push(now - (begun[(bytes.readUInt32BE(at + 5) - 1) / 2] ?? Number.NaN));
          ended++;
        } else if (bytes[at + 3] === 3 || bytes[at + 3] === 7) reject(new Error('the server refuses'));
        else if (bytes[at + 3] === dataType) dataBytes += next - at - 9;
        at = next;
      }
      rest = bytes.subarray(at);
      if (now - startedAt >= seconds * 1_000) finish();
      else if (ended > 0) begin(ended);
    });
  });
}

process.on('message', (load: EchoLoad) => {
  run(load).then(
    (result) => process.send?.(result),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
