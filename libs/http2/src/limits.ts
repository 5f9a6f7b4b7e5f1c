/**
 * Every bound of one connection, for servers and clients alike. A peer that passes one is told GOAWAY ENHANCE_YOUR_CALM and loses its connection, unless
 * the bound says otherwise.
 */

/** A bucket that frames fill and time empties: it takes `max` at once, and `perSecond` more each second. */
export interface Rate {
  readonly max: number;
  readonly perSecond: number;
}

/** Defaults of `ConnectionOptions`. */
export const connectionDefaults = {
  /** Streams that the peer may have open at once. One more is refused with REFUSED_STREAM, see `refusals`. */
  concurrentStreamsMax: 256,
  /** Bytes that the peer may send on a stream before they are handled. */
  streamWindowBytes: 8 * 1024 * 1024,
  /** Bytes that the peer may send on all streams together before they are handled. */
  connectionWindowBytes: 32 * 1024 * 1024,
  /** Bytes that streams which are paused may hold beside the window of the connection; what they hold above that is taken from it. */
  heldBytesMax: 32 * 1024 * 1024,
  /** Size of an unpacked header list (SETTINGS_MAX_HEADER_LIST_SIZE). A longer list resets its stream with ENHANCE_YOUR_CALM. */
  headerListBytesMax: 256 * 1024,
  /** Milliseconds for which answers may wait while the peer takes less than `takenBytesPerSecondMin` of them. */
  stallMaxMs: 30_000,
  /** Bytes of answers that may wait for such a peer; where there are more, it gets `overfullMaxMs` only. */
  unsentBytesMax: 32 * 1024 * 1024,
} as const;

export const limits = {
  /** Fields of a header list. A list with more resets its stream with ENHANCE_YOUR_CALM. */
  headerFieldsMax: 128,
  /** Frames of a header list: HEADERS and its CONTINUATIONs. */
  headerFramesMax: 9,
  /** Bytes of a header list on the wire, in all its frames. */
  headerBlockBytesMax: 9 * 16 * 1024,
  /** SETTINGS, acknowledgements too: each of the others is answered. */
  settings: { max: 64, perSecond: 4 },
  /** PINGs. Some clients (Go) measure the line with one for each answer, or for each frame of a long answer. */
  pings: { max: 2_000, perSecond: 100 },
  /** PINGs that each call brings in addition. */
  pingsPerCall: 4,
  /** PINGs that each DATA frame of ours brings in addition. */
  pingsPerFrame: 1,
  /** WINDOW_UPDATEs. A peer that reads needs few for a call, and two for each frame of a long answer at most. */
  windowUpdates: { max: 10_000, perSecond: 1_000 },
  /** WINDOW_UPDATEs that each call brings in addition. */
  windowUpdatesPerCall: 8,
  /** WINDOW_UPDATEs that each DATA frame of ours brings in addition. */
  windowUpdatesPerFrame: 2,
  /** A DATA frame of ours that the peer's window has cut to less than so many bytes brings a part of that only. */
  wholeFrameBytesMin: 4 * 1024,
  /** Streams that end by RST_STREAM: by that of a client, or by ours for an error of the peer. */
  resets: { max: 1_000, perSecond: 33 },
  /** Streams above `concurrentStreamsMax`. A peer that has not read our SETTINGS cannot know the limit. */
  refusals: { max: 100, perSecond: 10 },
  /** Frames that mean nothing: empty DATA, PRIORITY, GOAWAY, those of unknown types, trailers for a stream that we have reset, answers to nothing. */
  idleFrames: { max: 1_000, perSecond: 33 },
  /**
   * Bytes that are neither headers nor message: heads of frames, but for those of DATA frames with at least as much in them, padding, and DATA for a stream
   * that we have reset. The latter may be a whole window, hence the size.
   */
  idleBytes: { max: 9 * 1024 * 1024, perSecond: 1024 * 1024 },
  /** Such bytes that each call brings in addition: the heads of its frames, and the WINDOW_UPDATEs for its answer. */
  idleBytesPerCall: 1024,
  /** Such bytes that each DATA frame of ours brings in addition. */
  idleBytesPerFrame: 32,
  /** Answers to SETTINGS and PING that wait in a socket which the peer does not read. */
  unreadAnswersMax: 1_000,
  /** Bytes that are with the socket. Where there are more, DATA waits in its stream, so that streams take turns; nobody is told. */
  socketBytesMax: 128 * 1024,
  /** Bytes of frames that wait for the socket, DATA of streams aside. Above it nothing is read until the socket has taken some; nobody is told. */
  controlBytesMax: 256 * 1024,
  /** A peer that takes fewer bytes per second of the answers that wait for it does not read. */
  takenBytesPerSecondMin: 1024,
  /** Milliseconds for which more than `unsentBytesMax` may wait for such a peer. */
  overfullMaxMs: 1_000,
  /** Milliseconds for the acknowledgement of our SETTINGS; then GOAWAY SETTINGS_TIMEOUT is sent. */
  settingsAckMaxMs: 10_000,
  /** Milliseconds between the two GOAWAYs of a graceful end, and for the peer to close its side of a connection that is over. */
  lingerMaxMs: 1_000,
  /** Milliseconds between two looks at the limits of time. */
  tickMs: 250,
  /** Streams of which it is remembered that they were reset, and by whom. */
  closedStreamsMax: 1_024,
  /** Runs of stream numbers that the peer has passed over and that are remembered: opening one of them later is another error than opening one twice. */
  skippedRunsMax: 64,
} as const;
