/** What a protocol has to do with inference: it decodes what comes to an `InferRequest` and encodes the result. All else is common, and stands behind `answer`. */
import type { Limits, Overrun } from '@sheaf/inference';
import type { Answer } from './answer.ts';
import type { Strays } from './backend.ts';
import type { BytesInFlight } from './bytes/bytes-in-flight.ts';
import type { ServerMethod } from './grpc/methods.ts';
import type { RecordRefusal } from './refusal.ts';

/** What a server gives to each of its protocols. */
export interface ProtocolContext {
  /** Answers one inference: with the limits, the deadline, the journal and the accounting of the server. What says that it `asks` is let in, and logged. */
  readonly answer: Answer;
  readonly limits: Limits;
  /** Where what its messages take is counted. */
  readonly bytes: BytesInFlight;
  /** Puts what is refused before it is asked into the trace. */
  readonly record: RecordRefusal;
  /** Told of a trace that another process of the mesh keeps. */
  readonly onKept: (traceId: string) => void;
  /** Told of messages that cannot be read. */
  readonly strays: Strays | undefined;
}

/** A protocol while its server is open. */
export interface OpenProtocol {
  /** Methods of gRPC that it is spoken by; none where it listens by itself. */
  readonly methods?: readonly ServerMethod[];
  /** Its peers are told that they get no more calls; those that are in are answered. Called again when the last is. */
  goAway?(): void;
  /** Its peers are told of a run for which this process ends. */
  tellOverrun?(overrun: Overrun): void;
  /** Nobody is answered any more. */
  close?(): void;
}

/** Opens the protocol on a server. */
export type Protocol = (context: ProtocolContext) => OpenProtocol;
