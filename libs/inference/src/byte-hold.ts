/** What the messages of one call take of the memory that the process gives to messages in flight. */
export interface ByteHold {
  /** Takes so many more, at once or not at all: throws RESOURCE_EXHAUSTED. What was reserved for the call is used first. */
  take(bytes: number): void;
  /** Of what was taken. */
  give(bytes: number): void;
  /** Takes what a message has, for as long as anybody refers to it. */
  takeFor(message: Uint8Array): void;
}
