/** A protocol of one request and one answer a line, as JSON: what a protocol beside gRPC has to have, and no more. */
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { asInferError, elements, InferError, type InferRequest, tensorOf } from '@sheaf/inference';
import type { Protocol, ProtocolContext } from '../server/protocol.ts';
import type { DecodedRequest, InferResult } from '../wire/codec.ts';

export interface JsonLines {
  readonly protocol: Protocol;
  /** It listens on a free port from the moment that its server is made. */
  readonly listener: Server;
}

interface Line {
  readonly model: string;
  readonly id?: string;
  readonly timeoutMs?: number;
  /** As `authorization` has it. */
  readonly credential?: string;
  readonly x: readonly number[];
}

export function jsonLines(): JsonLines {
  const listener = createServer();
  const protocol: Protocol = (context) => {
    listener.on('connection', (socket) => serve(socket, context)).listen(0, '127.0.0.1');
    return { close: () => void listener.close() };
  };
  return { protocol, listener };
}

function serve(socket: Socket, { answer, bytes }: ProtocolContext): void {
  const leaving = new AbortController();
  socket.on('error', () => {}).on('close', () => leaving.abort());
  createInterface(socket).on('line', (text) => {
    void (async () => {
      const hold = bytes.open(bytes.shareOfConnection(socket));
      try {
        hold.take(text.length);
        const line = JSON.parse(text) as Line;
        const givenMs = line.timeoutMs ?? Number.POSITIVE_INFINITY;
        const asks = {
          method: '/json-lines/infer',
          metadata: (key: string) => (key === 'authorization' ? line.credential : undefined),
          peer: undefined,
          address: socket.remoteAddress,
          bytesIn: text.length,
        };
        const call = { givenMs, signal: leaving.signal, bytes: hold, from: { asks } };
        socket.write(`${JSON.stringify(encode(await answer(() => decode(line), call)))}\n`);
      } catch (error) {
        const { code, reason, message } = asInferError(error);
        socket.write(`${JSON.stringify({ code, reason, message })}\n`);
      } finally {
        hold.release();
      }
    })();
  });
}

function decode({ model, id = '', x }: Line): DecodedRequest {
  if (!Array.isArray(x)) throw new InferError('INVALID_ARGUMENT', 'x: want a list of numbers');
  const inputs = [tensorOf('x', 'FP32', [x.length], Float32Array.from(x))];
  const request: InferRequest = { model, version: '', id, parameters: new Map(), inputs, outputs: [] };
  return { request, typed: false };
}

const encode = ({ response }: InferResult): object => ({
  model: response.model,
  y: response.outputs.flatMap((output) => Array.from(elements({ ...output, datatype: 'FP32' as const }))),
});
