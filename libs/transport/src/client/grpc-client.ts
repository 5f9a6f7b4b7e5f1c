/** What asks one server: by grpc-js whoever it is (`grpc-js-client.ts`), or one of ours on connections of ours (`own-client.ts`). */
import type { Failure } from '../status.ts';

export interface Question {
  /** Such as `/package.Service/Method`. */
  readonly path: string;
  /** As it stands on the wire. */
  readonly message: Buffer;
  /** Keys in lower case. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Default: it waits for ever. Milliseconds since the epoch. */
  readonly deadline?: number;
}

/** Told once: the answer, or why there is none. */
export type Done<Answer> = (failure: Failure | null, answer?: Answer) => void;

export interface WatchHandler {
  message(message: Buffer): void;
  /** Once and last, with the code of the status. */
  end(code: number): void;
}

/** What has been asked. */
export interface Asked {
  /** Ends it with CANCELLED, unless it has ended. */
  cancel(): void;
}

export interface GrpcClient {
  ask(question: Question, done: Done<Buffer>): Asked;
  /** Asks what is answered with one message after the other. It has a connection of its own, so that the next one does not wait for a silent peer. */
  watch(question: Question, handler: WatchHandler): Asked;
  /** The next question goes on a new connection; those that are open are left where they are. */
  renew(): void;
  /** Questions that are open are answered. */
  close(): void;
}
