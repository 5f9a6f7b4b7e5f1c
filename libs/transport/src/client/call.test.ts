/** How a call ends whose stream ends without a status; what else calls mean is judged by connectconformance. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { type ClientConnection, type ErrorCode, errorCodes, type ResponseHandler, type StreamEnd } from '@sheaf/http2';
import { createCall } from './call.ts';
import type { CallStatus } from './call-status.ts';

const stream = { write: () => {}, end: () => {}, reset: () => {} };

/** A call of so long on a connection that says nothing; `lose` tells it the end of its stream. */
function openCall(timeoutMs: number) {
  const endings: CallStatus[] = [];
  const responses: ResponseHandler[] = [];
  const request: ClientConnection['request'] = (_, response) => {
    responses.push(response);
    return { ...stream, id: 1 } as unknown as ReturnType<ClientConnection['request']>;
  };
  const handler = { message: () => {}, end: (ending: CallStatus) => void endings.push(ending) };
  const pending = createCall({ path: '/a.B/C', timeoutMs, messageBytesMax: 10 }, handler);
  pending.open({ request } as ClientConnection, { scheme: 'http', authority: 'there' });
  const lose = (end: StreamEnd): (keyof typeof status)[] => {
    responses[0]?.close(end);
    return endings.map(({ code }) => status[code] as keyof typeof status);
  };
  return { lose };
}

const resetWith = (code: ErrorCode): StreamEnd => ({ kind: 'reset', code });

/** Nothing else has its turn, as in a process that is busy: no timer either. */
function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a call whose stream ends without a status', () => {
  const ends: readonly StreamEnd[] = [resetWith(errorCodes.CANCEL), { kind: 'lost', code: errorCodes.NO_ERROR }];
  for (const end of ends)
    it(`has met its deadline where that is past, though no timer has told so yet: ${end.kind}`, () => {
      const { lose } = openCall(2);
      busyFor(2);
      assert.deepEqual(lose(end), ['DEADLINE_EXCEEDED']);
    });

  it('ends by what the stream says while there is time left', () => {
    assert.deepEqual(openCall(60_000).lose(resetWith(errorCodes.CANCEL)), ['CANCELLED']);
    assert.deepEqual(openCall(60_000).lose({ kind: 'lost', code: errorCodes.NO_ERROR }), ['UNAVAILABLE']);
  });
});
