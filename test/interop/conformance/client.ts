/** The client that connectconformance tests: ours, told what to do on standard input. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Field, HeaderList } from '@sheaf/http2';
import { type Call, type CallHandler, singleAnswer } from '../../../libs/transport/src/client/call.ts';
import type { CallStatus } from '../../../libs/transport/src/client/call-status.ts';
import { type Channel, createChannel } from '../../../libs/transport/src/client/channel.ts';
import { readRpcStatus } from '../../../libs/transport/src/rpc-status.ts';
import { hostPort } from '../../../libs/transport/src/server/listen.ts';
import { openRemoteTls } from '../../../libs/transport/src/tls/remote-tls.ts';
import { incoming, send } from './pipe.ts';
import { type Header, messageOf, type PackedMessage, serviceName, type WireError } from './protos.ts';

interface Order {
  readonly testName: string;
  readonly host: string;
  readonly port: number;
  readonly serverTlsCert: Buffer;
  readonly clientTlsCreds: { readonly cert: Buffer; readonly key: Buffer } | null;
  readonly messageReceiveLimit: number;
  readonly service?: string;
  readonly method: string;
  readonly streamType: number;
  readonly requestHeaders: readonly Header[];
  readonly requestMessages: readonly PackedMessage[];
  readonly timeoutMs?: number;
  readonly requestDelayMs: number;
  readonly cancel: {
    readonly cancelTiming?: 'beforeCloseSend' | 'afterCloseSendMs' | 'afterNumResponses';
    readonly afterCloseSendMs?: number;
    readonly afterNumResponses?: number;
  } | null;
}

const orders = messageOf<Order>('ClientCompatRequest');
const reports = messageOf<object>('ClientCompatResponse');

/** Of `StreamType`. */
const unary = 1;
const clientStream = 2;
const serverStream = 3;
const fullDuplex = 5;

/** Where the order names no limit; above every message that is to be taken. */
const messageBytesMax = 64 * 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'sheaf-conformance-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

const channels = new Map<string, Channel>();

/** One for all calls that are to go on connections of one kind. */
function channelFor({ host, port, serverTlsCert, clientTlsCreds }: Order): Channel {
  const key = [host, port, serverTlsCert, clientTlsCreds?.cert].join();
  const known = channels.get(key);
  if (known) return known;
  const secure = serverTlsCert.length > 0 ? secureBy(channels.size, serverTlsCert, clientTlsCreds) : undefined;
  const channel = createChannel({ target: hostPort(host, port), secure, pongMaxMs: 10_000 });
  channels.set(key, channel);
  return channel;
}

function secureBy(number: number, ca: Buffer, client: Order['clientTlsCreds']) {
  const file = (name: string, pem: Buffer): string => {
    const path = join(folder, `${number}-${name}.pem`);
    writeFileSync(path, pem);
    return path;
  };
  const own = client ? { certificate: file('certificate', client.cert), key: file('key', client.key) } : {};
  return openRemoteTls('conformance', { ca: file('ca', ca), ...own }).secure;
}

const fieldsOf = (headers: readonly Header[]): Field[] =>
  headers.flatMap(({ name, value }) => value.map((one): Field => [name.toLowerCase(), one]));

/** Not those that are the protocol's own. */
function headersOf(list: HeaderList | undefined): Header[] {
  const values = new Map<string, string[]>();
  for (const [name, value] of list?.fields ?? [])
    if (!name.startsWith(':')) values.set(name, [...(values.get(name) ?? []), value]);
  return Array.from(values, ([name, value]) => ({ name, value }));
}

function errorOf({ code, details, trailers }: CallStatus): WireError | null {
  if (code === 0) return null;
  const packed = trailers.get('grpc-status-details-bin');
  return { code, message: details, details: packed ? readRpcStatus(Buffer.from(packed, 'base64')).details : [] };
}

interface Outcome {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly payloads: readonly object[];
  readonly error: WireError | null;
  readonly numUnsentRequests: number;
}

/** What a call has brought so far. */
class Observed {
  headers: HeaderList | undefined;
  readonly payloads: object[] = [];
  status: CallStatus | undefined;
  #told = (): void => {};

  /** Until there are so many responses, or the call is over. */
  async until(payloads: number): Promise<void> {
    while (!this.status && this.payloads.length < payloads)
      await new Promise<void>((resolve) => (this.#told = resolve));
  }

  tell(): void {
    this.#told();
  }
}

function handlerOf(order: Order, observed: Observed, cancel: () => void): CallHandler {
  const responses = messageOf<{ readonly payload: object | null }>(`${order.method}Response`);
  const take = (message: Buffer): void => {
    observed.payloads.push(responses.decode(message).payload ?? {});
    if (observed.payloads.length === order.cancel?.afterNumResponses) cancel();
    observed.tell();
  };
  const end = (status: CallStatus): void => {
    observed.status = status;
    observed.tell();
  };
  const isSingle = order.streamType === unary || order.streamType === clientStream;
  const answers: CallHandler = isSingle
    ? singleAnswer((status, message) => {
        if (message) take(message);
        end(status);
      })
    : { message: take, end };
  return { ...answers, headers: (headers) => (observed.headers = headers) };
}

/** Sends all messages; answers how many could not be sent. */
async function sendAll(order: Order, call: Call, observed: Observed): Promise<number> {
  const { requestMessages, requestDelayMs, streamType } = order;
  const isStream = streamType !== unary && streamType !== serverStream;
  for (const [at, { value }] of requestMessages.entries()) {
    if (isStream && requestDelayMs > 0) await delay(requestDelayMs);
    if (observed.status) return requestMessages.length - at;
    call.send(Buffer.from(value));
    if (streamType === fullDuplex) await observed.until(at + 1);
  }
  return 0;
}

async function follow(order: Order): Promise<Outcome> {
  const { service = serviceName, method, requestHeaders, timeoutMs, messageReceiveLimit, cancel } = order;
  const observed = new Observed();
  const options = {
    path: `/${service}/${method}`,
    metadata: fieldsOf(requestHeaders),
    timeoutMs,
    messageBytesMax: messageReceiveLimit || messageBytesMax,
  };
  const call: Call = channelFor(order).start(
    options,
    handlerOf(order, observed, () => call.cancel()),
  );
  const numUnsentRequests = await sendAll(order, call, observed);
  const timing = cancel && (cancel.cancelTiming ?? 'afterCloseSendMs');
  if (timing === 'beforeCloseSend') call.cancel();
  call.end();
  if (timing === 'afterCloseSendMs') setTimeout(() => call.cancel(), cancel?.afterCloseSendMs ?? 0);
  await observed.until(Number.POSITIVE_INFINITY);
  const { headers, payloads, status } = observed;
  return {
    responseHeaders: headersOf(headers),
    responseTrailers: headersOf(status?.trailers),
    payloads,
    error: status ? errorOf(status) : null,
    numUnsentRequests,
  };
}

/** The suite sends all orders at once, and lets a call be half a second late: more at a time would wait for each other that long on a busy machine. */
const ordersMax = 4;

const following = new Set<Promise<void>>();
for await (const bytes of incoming()) {
  const order = orders.decode(bytes);
  const { testName } = order;
  const one = follow(order)
    .then(
      (response) => send(reports.encode({ testName, response })),
      (error) => send(reports.encode({ testName, error: { message: String(error?.stack) } })),
    )
    .finally(() => following.delete(one));
  following.add(one);
  if (following.size >= ordersMax) await Promise.race(following);
}
await Promise.all(following);
for (const channel of channels.values()) channel.close();
