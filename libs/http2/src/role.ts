/** The differences between the two sides of a connection. */
import type { DecodedHeaderList } from './hpack/header-list.ts';
import type { Stream } from './stream.ts';
import type { ErrorCode } from './types.ts';

/** A header list for a stream that was not open. */
export interface Opening {
  readonly id: number;
  readonly isLast: boolean;
  /** Undefined where the list is too large. */
  readonly headers: DecodedHeaderList | undefined;
  /** It depends on itself by its priority, which is an error and means nothing else. */
  readonly isSelfDependent: boolean;
  /** The length of its header block. */
  readonly bytes: number;
}

export interface Role {
  readonly isServer: boolean;
  /** The last stream of the peer that was looked at, for GOAWAY. */
  readonly lastPeerId: number;
  /** Says what goes before our SETTINGS. */
  greet(): void;
  /** The SETTINGS that only this side sends. */
  settings(): readonly (readonly [id: number, value: number])[];
  /** Answers where in `chunk` frames begin; negative while what comes before them is not whole, or the connection has ended over it. */
  readPreface(chunk: Buffer): number;
  /** Whether the stream was never opened, by either side. */
  isIdle(id: number): boolean;
  open(opening: Opening): void;
  /** A header list on a stream whose peer has not ended it. */
  headers(stream: Stream, headers: DecodedHeaderList, isLast: boolean): void;
  peerSettingsChanged(isFirst: boolean): void;
  /** The peer's GOAWAY. */
  goAway(code: ErrorCode, lastStream: number): void;
  /** `streams` has one less. */
  streamClosed(): void;
  /** Somebody's handler threw. */
  handlerFailed(error: unknown): void;
  /** Once and last. */
  closed(why: string | undefined): void;
}
