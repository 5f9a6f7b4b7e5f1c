/** Small calls on one connection, made of frames that were prepared beforehand, so that the same few instructions load every server. */
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { frame } from '../support/raw-http2.ts';

export interface EchoLoad {
  readonly port: number;
  readonly isTls: boolean;
  readonly inFlight: number;
  readonly seconds: number;
  /** Default: ModelInfer's. */
  readonly path?: string;
  /** Fields beside those that every call has; values of up to 126 characters. */
  readonly fields?: readonly Field[];
  /** What is sent, with the head that gRPC puts before it, in base64. Default: 100 bytes, which the server has to send back. */
  readonly message?: string;
  /** How each call has to end: with what was sent, with a message of any kind, or refused, which has none. Default `echo`. */
  readonly answer?: 'echo' | 'message' | 'refusal';
}

type Field = readonly [name: string, value: string];

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
const echoed = Buffer.concat([Buffer.from([0, 0, 0, 0, 100]), Buffer.alloc(100, 7)]);
const inferPath = '/inference.GRPCInferenceService/ModelInfer';
const indexedMethodAndScheme = [0x83, 0x86];
/** Places in the dynamic table begin after those of the static one. */
const staticFields = 61;

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

/** A call as it goes out, but for the number of its stream. */
interface PreparedCall {
  readonly bytes: Buffer;
  readonly dataAt: number;
}

interface PreparedCalls {
  readonly first: PreparedCall;
  readonly next: PreparedCall;
  /** As far as it is known what each has to be answered with. */
  readonly messageBytes: number;
}

/** As real clients do: the first call puts its fields into the table, and the others name them by their place in it. */
function prepare({ path = inferPath, fields: own = [], message, answer = 'echo' }: EchoLoad): PreparedCalls {
  const body = message === undefined ? echoed : Buffer.from(message, 'base64');
  const fields: readonly Field[] = [
    [':path', path],
    [':authority', '127.0.0.1:50051'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['user-agent', 'grpc-bench/1.0'],
    ...own,
  ];
  const literal = fields.flatMap(([name, value]) => [Buffer.from([0x40]), text(name), text(value)]);
  const indexed = fields.map((_, index) => 0x80 | (staticFields + fields.length - index));
  const callOf = (block: Buffer): PreparedCall => {
    const headers = frame('headers', endHeaders, 1, block);
    return { bytes: Buffer.concat([headers, frame('data', endStream, 1, body)]), dataAt: headers.length };
  };
  return {
    first: callOf(Buffer.concat([Buffer.from(indexedMethodAndScheme), ...literal])),
    next: callOf(Buffer.from([...indexedMethodAndScheme, ...indexed])),
    messageBytes: answer === 'echo' ? body.length : 0,
  };
}

/** What is wrong with so many bytes of messages for so many calls. Answers of calls that are still under way may have come in part. */
function isShort({ answer = 'echo' }: EchoLoad, messageBytes: number, dataBytes: number, calls: number): boolean {
  if (answer === 'refusal') return dataBytes > 0;
  return dataBytes < calls * (answer === 'echo' ? messageBytes : 1);
}

function run(load: EchoLoad): Promise<EchoResult> {
  const { port, isTls, inFlight, seconds } = load;
  const { first, next, messageBytes } = prepare(load);
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
        const call = nextId === 1 ? first : next;
        const bytes = Buffer.from(call.bytes);
        bytes.writeUInt32BE(nextId, 5);
        bytes.writeUInt32BE(nextId, call.dataAt + 5);
        begun[(nextId - 1) / 2] = now;
        nextId += 2;
        calls.push(bytes);
      }
      socket.write(Buffer.concat(calls));
    };
    const finish = (): void => {
      if (isShort(load, messageBytes, dataBytes, times.length))
        reject(new Error(`${dataBytes} bytes of messages for ${times.length} calls`));
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
        const end = at + 9 + bytes.readUIntBE(at, 3);
        if (end > bytes.length) break;
        if (bytes[at + 3] === headersType && ((bytes[at + 4] as number) & endStream) !== 0) {
          times.push(now - (begun[(bytes.readUInt32BE(at + 5) - 1) / 2] ?? Number.NaN));
          ended++;
        } else if (bytes[at + 3] === 3 || bytes[at + 3] === 7) reject(new Error('the server refuses'));
        else if (bytes[at + 3] === dataType) dataBytes += end - at - 9;
        at = end;
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
