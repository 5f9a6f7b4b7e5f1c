/** Every bound of one connection, for servers and clients alike. What passes one closes the connection with GOAWAY ENHANCE_YOUR_CALM, where nothing else is said. */

/** A bucket that each one fills and time empties: so many at once, and so many more per second. */
export interface Rate {
  readonly max: number;
  readonly perSecond: number;
}

/** What a connection may take; each may be set otherwise in `ConnectionOptions`. */
export const connectionDefaults = {
  /** Streams that the peer may have open at once. One more is refused with REFUSED_STREAM, see `refusals`. */
  concurrentStreamsMax: 256,
  /** Bytes that the peer may send on a stream before they are handled. */
  streamWindowBytes: 8 * 1024 * 1024,
  /** The same for all streams of a connection together; four times a stream's, so that one that is paused does not stop the others. */
  connectionWindowBytes: 32 * 1024 * 1024,
  /** Of a header list, unpacked (SETTINGS_MAX_HEADER_LIST_SIZE). A longer one resets its stream with ENHANCE_YOUR_CALM. */
  headerListBytesMax: 256 * 1024,
  /** How long answers may wait for a peer that takes less than `takenBytesPerSecondMin` of them. In milliseconds. */
  stallMaxMs: 30_000,
  /** Bytes of answers that may wait for a peer that takes less than that; above it only `overfullMaxMs` is borne. */
  unsentBytesMax: 32 * 1024 * 1024,
} as const;

export const limits = {
  /** Fields of a header list. A list with more resets its stream with ENHANCE_YOUR_CALM. */
  headerFieldsMax: 128,
  /** Frames of a header list: HEADERS and its CONTINUATIONs. */
  headerFramesMax: 9,
  /** Of a header list on the wire, in all its frames. */
  headerBlockBytesMax: 9 * 16 * 1024,
  /** SETTINGS: each is answered. */
  settings: { max: 64, perSecond: 4 },
  /** PING. Some clients (Go) measure the line with one for each answer, or for each frame of a long one, hence those that a call and what is sent bring. */
  pings: { max: 2_000, perSecond: 100 },
  pingsPerCall: 4,
  /** One more PING, and `windowUpdatesPerFrame` more WINDOW_UPDATEs, for each DATA frame that we send. */
  pingsPerFrame: 1,
  /** WINDOW_UPDATE. A peer that reads needs two for a call and two for each frame of a long answer at most. */
  windowUpdates: { max: 10_000, perSecond: 1_000 },
  windowUpdatesPerCall: 8,
  windowUpdatesPerFrame: 2,
  /** Streams that end by RST_STREAM: by the peer's, or by ours for what the peer did wrong. */
  resets: { max: 1_000, perSecond: 33 },
  /** Streams above `concurrentStreamsMax`. A peer that has not read our SETTINGS cannot know. */
  refusals: { max: 100, perSecond: 10 },
  /** Frames that mean nothing: empty ones, PRIORITY, those of unknown types, and all that comes for streams that are closed. */
  idleFrames: { max: 1_000, perSecond: 33 },
  /**
   * Bytes that are neither a call's headers nor its message: frames around them, but for the head of a DATA frame that has at least as much in it, padding, and what is sent on a stream after we have reset it; hence
   * somewhat more than a stream's window.
   */
  idleBytes: { max: 9 * 1024 * 1024, perSecond: 1024 * 1024 },
  /** What of these each call pays for: the heads of its frames, and the WINDOW_UPDATEs for its answer. */
  idleBytesPerCall: 1024,
  idleBytesPerFrame: 32,
  /** Answers to SETTINGS and PING that wait in a socket which the peer does not read. */
  unreadAnswersMax: 1_000,
  /** Bytes handed to the socket that it has not got rid of; more waits in its stream, so that streams take turns. */
  socketBytesMax: 128 * 1024,
  /** Frames that wait for the socket, DATA aside. Above it nothing is read, so that nothing is added, until the socket has taken some. */
  controlBytesMax: 256 * 1024,
  /** A peer that takes less than this of what waits for it does not read. */
  takenBytesPerSecondMin: 1024,
  /** How long unread answers above `unsentBytesMax` are borne. In milliseconds. */
  overfullMaxMs: 1_000,
  /** For the answer to our SETTINGS; else GOAWAY SETTINGS_TIMEOUT. In milliseconds. */
  settingsAckMaxMs: 10_000,
  /** Between the two GOAWAYs of a graceful end, and for the peer to close its side of a connection that is over. In milliseconds. */
  lingerMaxMs: 1_000,
  /** How often what goes by time is looked at: one timer for all connections of a process. In milliseconds. */
  tickMs: 250,
  /** Closed streams of which it is remembered how they ended: what was on its way to one that we have reset is dropped, else it is an error. */
  closedStreamsMax: 1_024,
  /** Runs of stream numbers that the peer passed over: opening one of them later is another error than opening one twice. */
  skippedRunsMax: 64,
} as const;
