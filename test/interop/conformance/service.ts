/** The service of connectconformance, over the dispatcher of our servers. */
import { setTimeout as delay } from 'node:timers/promises';
import { encodeHeaders, type Field } from '@sheaf/http2';
import type { MethodDefinition } from '../../../libs/transport/src/server/grpc/method-definition.ts';
import { type ServerMethod, serverStreaming, unary } from '../../../libs/transport/src/server/grpc/methods.ts';
import type { ResponseStream } from '../../../libs/transport/src/server/grpc/response-stream.ts';
import type { IncomingCall, ServerCall } from '../../../libs/transport/src/server/grpc/server-call.ts';
import { streaming } from '../../../libs/transport/src/server/grpc/streaming.ts';
import { WireWriter } from '../../../libs/transport/src/wire/writer.ts';
import { type Header, messageOf, methodOf, type PackedMessage, packageName, type WireError } from './protos.ts';

/** What a request asks of the answer; of a unary one `responseData` is one message. */
interface Definition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
  readonly error: WireError | null;
}

interface UnaryRequest {
  readonly responseDefinition: (Definition & { readonly responseData?: Buffer }) | null;
}

interface StreamRequest {
  readonly responseDefinition: (Definition & { readonly responseData: readonly Buffer[] }) | null;
  readonly fullDuplex?: boolean;
}

interface Response {
  readonly payload: { readonly data?: Buffer | undefined; readonly requestInfo?: object | undefined };
}

const definitionOf = <Request>(name: string): MethodDefinition<Request, Response> => methodOf(name);

const fieldsOf = (headers: readonly Header[] = []): Field[] =>
  headers.flatMap(({ name, value }) => value.map((one): Field => [name.toLowerCase(), one]));

/** A request as it is told back. */
const packed = (name: string, request: object): PackedMessage => ({
  type_url: `type.googleapis.com/${packageName}.${name}`,
  value: messageOf(name).encode(request),
});

/** With the headers of the call, and without those for what is not the first answer. */
function infoOf(call: ServerCall, requests: readonly PackedMessage[]): object {
  const headers = (call as IncomingCall).headers.list.fields.filter(([name]) => !name.startsWith(':'));
  const names = [...new Set(headers.map(([name]) => name))];
  const valuesOf = (wanted: string): string[] => headers.filter(([name]) => name === wanted).map(([, value]) => value);
  return {
    requestHeaders: names.map((name) => ({ name, value: valuesOf(name) })),
    requests,
    ...(Number.isFinite(call.timeoutMs) ? { timeoutMs: Math.floor(call.timeoutMs) } : {}),
  };
}

function writtenStatus({ code, message = '', details }: WireError): string {
  const writer = new WireWriter(512);
  writer.uint(1, code);
  writer.string(2, message);
  for (const { type_url, value } of details) {
    const mark = writer.begin(3);
    writer.string(1, type_url);
    writer.bytes(2, value);
    writer.end(mark);
  }
  return writer.finish().toString('base64').replace(/=+$/, '');
}

/**
 * Ends the call with a status of any code and with any details: those of our servers have the codes and the details that our errors have, so this goes
 * straight to the stream. Where nothing was answered the request is told back among the details.
 */
function fail(call: ServerCall, definition: Definition & { error: WireError }, told: PackedMessage | undefined): void {
  const { error, responseHeaders, responseTrailers } = definition;
  const { stream } = call as IncomingCall;
  const status: Field[] = [
    ['grpc-status', String(error.code)],
    ['grpc-message', encodeURIComponent(error.message ?? '')],
    ['grpc-status-details-bin', writtenStatus({ ...error, details: [...error.details, ...(told ? [told] : [])] })],
    ...fieldsOf(responseTrailers),
  ];
  if (told)
    stream.respond(
      encodeHeaders([[':status', '200'], ['content-type', 'application/grpc'], ...fieldsOf(responseHeaders)]),
    );
  stream.end(encodeHeaders(status));
}

const hasError = <D extends Definition>(definition: D | null): definition is D & { error: WireError } =>
  definition !== null && definition.error !== null && definition.error !== undefined;

function prepare(call: ServerCall, definition: Definition | null): void {
  call.responseMetadata.push(...fieldsOf(definition?.responseHeaders));
  for (const [name, value] of fieldsOf(definition?.responseTrailers)) {
    const before = call.trailers.get(name);
    call.trailers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
}

/** What is told of a request, as a detail of a status. The loader knows its type only within a payload. */
function packedInfo(requestInfo: object): PackedMessage {
  const payload = messageOf('ConformancePayload').encode({ requestInfo });
  let at = 1;
  while ((payload[at++] ?? 0) >= 0x80);
  return { type_url: `type.googleapis.com/${packageName}.ConformancePayload.RequestInfo`, value: payload.subarray(at) };
}

const isLeft = (call: ServerCall): boolean => call.signal.aborted;

/** The one answer to all requests of a call; undefined where it has ended with an error. */
async function answerOnce(
  call: ServerCall,
  definition: UnaryRequest['responseDefinition'],
  requests: readonly PackedMessage[],
): Promise<Response | undefined> {
  const requestInfo = infoOf(call, requests);
  if (definition?.responseDelayMs) await delay(definition.responseDelayMs);
  if (hasError(definition)) {
    fail(call, definition, packedInfo(requestInfo));
    return undefined;
  }
  prepare(call, definition);
  return { payload: { data: definition?.responseData, requestInfo } };
}

/** Answers with what is left of a stream's definition, and ends. */
class Answers {
  readonly #call: ServerCall;
  readonly #responses: ResponseStream<Response>;
  #definition: StreamRequest['responseDefinition'] = null;
  #sent = 0;

  constructor(call: ServerCall, responses: ResponseStream<Response>) {
    this.#call = call;
    this.#responses = responses;
  }

  begin(definition: StreamRequest['responseDefinition']): void {
    this.#definition = definition;
    if (!hasError(definition)) prepare(this.#call, definition);
    else this.#call.responseMetadata.push(...fieldsOf(definition.responseHeaders));
  }

  get isDone(): boolean {
    return this.#sent >= (this.#definition?.responseData.length ?? 0);
  }

  /** The next one. `requests` are those that came since the last; none of them is told where it is undefined. */
  async next(requests: readonly PackedMessage[] | undefined): Promise<void> {
    const { responseData = [], responseDelayMs = 0 } = this.#definition ?? {};
    const data = responseData[this.#sent];
    if (responseDelayMs > 0) await delay(responseDelayMs);
    if (isLeft(this.#call)) return;
    const requestInfo = this.#sent === 0 ? infoOf(this.#call, requests ?? []) : requests && { requests };
    this.#sent++;
    this.#responses.write({ payload: { data, requestInfo } });
  }

  async finish(requests: readonly PackedMessage[]): Promise<void> {
    while (!this.isDone && !isLeft(this.#call)) await this.next(this.#sent === 0 ? requests : undefined);
    const definition = this.#definition;
    if (!hasError(definition)) this.#responses.end();
    else fail(this.#call, definition, this.#sent === 0 ? packedInfo(infoOf(this.#call, requests)) : undefined);
  }
}

function clientStream(): ServerMethod {
  return streaming(
    definitionOf<UnaryRequest>('ClientStream'),
    (call, responses) => {
      const requests: UnaryRequest[] = [];
      return {
        message: (request) => void requests.push(request),
        end: () => {
          const all = requests.map((request) => packed('ClientStreamRequest', request));
          void answerOnce(call, requests[0]?.responseDefinition ?? null, all).then((response) => {
            if (!response) return;
            responses.write(response);
            responses.end();
          });
        },
        close: () => {},
      };
    },
    { areLarge: true },
  );
}

function bidiStream(): ServerMethod {
  return streaming(
    definitionOf<StreamRequest>('BidiStream'),
    (call, responses) => {
      const answers = new Answers(call, responses);
      let unanswered: PackedMessage[] = [];
      let isFullDuplex: boolean | undefined;
      let working = Promise.resolve();
      const inTurn = (work: () => Promise<void>): void => {
        working = working.then(work);
      };
      return {
        message: (request) => {
          if (isFullDuplex === undefined) answers.begin(request.responseDefinition);
          isFullDuplex ??= request.fullDuplex === true;
          inTurn(async () => {
            unanswered.push(packed('BidiStreamRequest', request));
            if (!isFullDuplex) return;
            if (answers.isDone) return answers.finish(unanswered);
            await answers.next(unanswered);
            unanswered = [];
          });
        },
        end: () => inTurn(() => answers.finish(unanswered)),
        close: () => {},
      };
    },
    { areLarge: true },
  );
}

/** All but Unimplemented. */
export const conformanceMethods = (): ServerMethod[] => [
  unary(definitionOf<UnaryRequest>('Unary'), async (request, call) => {
    const response = await answerOnce(call, request.responseDefinition, [packed('UnaryRequest', request)]);
    // It was answered with an error.
    return response ?? new Promise<Response>(() => {});
  }),
  serverStreaming(definitionOf<StreamRequest>('ServerStream'), (request, call, responses) => {
    const answers = new Answers(call, responses);
    answers.begin(request.responseDefinition);
    void answers.finish([packed('ServerStreamRequest', request)]);
    return undefined;
  }),
  clientStream(),
  bidiStream(),
];
