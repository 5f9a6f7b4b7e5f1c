/** A call without a connection, for the tests of this room. */
import type { HeaderList, ServerStream } from '@sheaf/http2';
import { openFacts } from '../server/call-record.ts';
import type { Connection } from '../server/connections/connection.ts';
import { readCallHeaders } from '../server/grpc/call-headers.ts';
import { IncomingCall } from '../server/grpc/server-call.ts';

export function headerList(headers: Readonly<Record<string, string>>): HeaderList {
  const fields = Object.entries(headers);
  const size = fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  return { fields, size, get: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined) };
}

/** What was done with a stream, in order. */
export type Done = readonly [
  what: 'respond' | 'respondOnly' | 'write' | 'end' | 'reset' | 'pause' | 'resume',
  with_?: unknown,
];

export interface FakeStream extends ServerStream {
  readonly done: Done[];
  unsentBytes: number;
}

export function fakeStream(headers: HeaderList): FakeStream {
  const done: Done[] = [];
  const note =
    (what: Done[0]) =>
    (given?: unknown): void =>
      void done.push(given === undefined ? [what] : [what, given]);
  return {
    id: 1,
    isClosed: false,
    unsentBytes: 0,
    connection: undefined as never,
    headers,
    done,
    respond: note('respond'),
    respondOnly: note('respondOnly'),
    write: note('write'),
    end: note('end'),
    reset: note('reset'),
    pause: () => note('pause')(),
    resume: () => note('resume')(),
  };
}

export interface FakeCall {
  readonly call: IncomingCall;
  readonly stream: FakeStream;
}

/** With a POST of gRPC, unless the headers say otherwise. */
export function fakeCall(headers: Readonly<Record<string, string>> = {}): FakeCall {
  const list = headerList({
    ':method': 'POST',
    ':path': '/test.Test/Test',
    'content-type': 'application/grpc',
    ...headers,
  });
  const stream = fakeStream(list);
  const connection = { leave: () => {}, peer: undefined } as unknown as Connection;
  return {
    stream,
    call: new IncomingCall(stream, connection, readCallHeaders(list), openFacts('192.0.2.1'), undefined),
  };
}
