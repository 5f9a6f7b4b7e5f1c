import type { MethodDefinition } from './method-definition.ts';
import type { IncomingCall } from './server-call.ts';
import type { StreamRoom } from './small-room.ts';

/** The answers of a call that has several. */
export interface ResponseStream<Response> {
  /** `onSent` is told when it has been handed to the socket; never, where the call is over before. */
  write(response: Response, onSent?: () => void): void;
  /** Ends them well. */
  end(): void;
  /** Ends them with an error. */
  fail(error: unknown): void;
  /** Bytes that were written and have not left the process. */
  readonly unsentBytes: number;
  /** The caller sends no more than the window of its stream until `resume`. */
  pause(): void;
  resume(): void;
}

/** A message that is smaller goes in one piece with its head. */
const joinedBytesMax = 16 * 1024;

export function createResponses<Response>(
  { responseSerialize }: Pick<MethodDefinition<never, Response>, 'responseSerialize'>,
  call: IncomingCall,
  room: StreamRoom,
): ResponseStream<Response> {
  const { stream, facts } = call;
  const waiting: { readonly at: number; readonly done: () => void }[] = [];
  let written = 0;
  const tellSent = (): void => {
    const sent = written - stream.unsentBytes;
    for (let next = waiting[0]; next && next.at <= sent; next = waiting[0]) {
      waiting.shift();
      next.done();
    }
  };
  call.onDrain = tellSent;
  return {
    get unsentBytes() {
      return stream.unsentBytes;
    },
    write: (response, onSent) => {
      if (call.isAnswered || call.isClosed) return;
      const message = responseSerialize(response);
      try {
        room.take(message.length);
      } catch (error) {
        call.refuse(error);
        return;
      }
      const head = headOf(message);
      facts.bytesOut += message.length;
      written += head.length + message.length;
      if (message.length <= joinedBytesMax) call.send(Buffer.concat([head, message]));
      else {
        call.send(head);
        call.send(message);
      }
      const done = (): void => {
        room.give(message.length);
        onSent?.();
      };
      waiting.push({ at: written, done });
      tellSent();
    },
    end: () => call.finish(),
    fail: (error) => call.refuse(error),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
  };
}

function headOf(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return head;
}
