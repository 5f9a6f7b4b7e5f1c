import type { MethodDefinition } from './method-definition.ts';
import type { IncomingCall } from './server-call.ts';

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
): ResponseStream<Response> {
  const { stream, facts } = call;
  const waiting: { readonly at: number; readonly onSent: () => void }[] = [];
  let written = 0;
  const tellSent = (): void => {
    const sent = written - stream.unsentBytes;
    for (let next = waiting[0]; next && next.at <= sent; next = waiting[0]) {
      waiting.shift();
      next.onSent();
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
      const head = headOf(message);
      facts.bytesOut += message.length;
      written += head.length + message.length;
      if (message.length <= joinedBytesMax) call.send(Buffer.concat([head, message]));
      else {
        call.send(head);
        call.send(message);
      }
      if (onSent) waiting.push({ at: written, onSent });
      if (waiting.length > 0) tellSent();
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
