/** Where ours is meant to differ from node:http2, and why. A difference that no row takes is a fault. */
import { type Frame, types } from './frames.ts';
import type { Observation } from './peers.ts';

export interface Case {
  readonly role: 'server' | 'client';
  readonly frames: readonly Frame[];
  /** As they stand on the wire; the last may not be whole. */
  readonly wireFrames: readonly Frame[];
  readonly isCut: boolean;
  readonly ours: Observation;
}

interface Wanted {
  /** Of the lines of `differences`. */
  readonly difference: RegExp;
  readonly when: (one: Case) => boolean;
  readonly why: string;
}

const always = (): boolean => true;
const endedFor =
  (pattern: RegExp) =>
  ({ ours }: Case): boolean =>
    pattern.test(ours.why ?? '');
const hasFrame =
  (matches: (frame: Frame) => boolean) =>
  ({ wireFrames }: Case): boolean =>
    wireFrames.some(matches);
const isAck = ({ flags }: Frame): boolean => (flags & 1) !== 0;

/** ALTSVC, ORIGIN and PRIORITY_UPDATE. */
const extensions = [10, 12, 16];

export const wanted: readonly Wanted[] = [
  {
    difference: /^connection: [A-Z_]+ \/ [A-Z_]+$|^connection: [A-Z_]+ \/ gone$/,
    when: always,
    why: 'Both end the connection. Of several things that are wrong each sees another first, and Node sometimes says none.',
  },
  {
    difference: /^connection: PROTOCOL_ERROR \/ open$/,
    when: endedFor(/^stream \d+ is opened after one with a higher number$/),
    why: 'RFC 9113, 5.1.1: such a stream is an error of the connection. nghttp2 takes it for one that is closed.',
  },
  {
    difference: /^connection: STREAM_CLOSED \/ open$/,
    when: endedFor(/^a frame for stream \d+, which is closed$/),
    why: 'RFC 9113, 5.1: what comes for a stream that both sides have ended is an error. nghttp2 drops it, up to 1,000 frames.',
  },
  {
    difference: /^connection: (PROTOCOL_ERROR|FRAME_SIZE_ERROR) \/ open$/,
    when: endedFor(/PRIORITY/),
    why: 'RFC 9113, 6.3 and 5.3.1 of RFC 7540: a PRIORITY for stream 0, of another length, or of a stream on itself. nghttp2 does not look at them.',
  },
  {
    difference: /^connection: open \/ /,
    when: ({ ours }) => ours.resets.size > 0,
    why: 'RFC 9113, 5.4.2: what is wrong with a stream costs the stream. nghttp2 ends the connection with it.',
  },
  {
    difference: /^connection: open \/ /,
    when: ({ wireFrames }) => wireFrames.filter((frame) => frame.type === types.SETTINGS && isAck(frame)).length > 1,
    why: 'More acknowledgements of SETTINGS than were sent mean nothing, and are counted among the frames that do no work.',
  },
  {
    difference: /^connection: open \/ /,
    when: hasFrame((frame) => frame.type === types.PING && isAck(frame)),
    why: 'An answer to a PING that was not asked: the same.',
  },
  {
    difference: /^connection: open \/ /,
    when: hasFrame(({ type }) => extensions.includes(type)),
    why: 'Extensions of HTTP/2 that we do not know are passed over, whatever stands in them.',
  },
  {
    difference: /^connection: (open \/ |[a-z]+ \/ )|^(told|ended|data|length|headers|trailers|reset)/,
    when: hasFrame(({ type, id }) => type === types.GOAWAY && id === 0),
    why: 'After a goodbye Node ends what is open, by its code; ours answers it, and ends when it is done.',
  },
  {
    difference: /^connection: open \/ |^reset: none \/ |^told: false \/ true$/,
    when: ({ isCut }) => isCut,
    why: 'nghttp2 reads a frame before it is whole.',
  },
  {
    difference: /^reset: STREAM_CLOSED \/ none$/,
    when: always,
    why: 'RFC 9113, 5.1: what comes for a stream after its RST_STREAM, or its end. nghttp2 drops it.',
  },
  {
    difference: /^reset: (PROTOCOL_ERROR|FRAME_SIZE_ERROR) \/ none$/,
    when: hasFrame(({ type, flags }) => type === types.PRIORITY || (type === types.HEADERS && (flags & 0x20) !== 0)),
    why: 'A priority that is malformed, or of a stream on itself.',
  },
  {
    difference: /^reset: PROTOCOL_ERROR \/ none$/,
    when: hasFrame(({ type }) => type === types.HEADERS),
    why: 'RFC 9113, 8.1.1: a malformed header list resets its stream. Node drops the fields that it does not like, and goes on.',
  },
  {
    difference: /^(ended: true \/ false|length of the data|trailers|told: true \/ false)$/,
    when: hasFrame(({ type }) => type === types.RST_STREAM),
    why: 'What came before an RST_STREAM is told by ours; Node drops what nobody has read by then.',
  },
  {
    difference: /^connection: open \/ |^reset: none \/ /,
    when: ({ role, wireFrames }) =>
      role === 'server' && wireFrames.some(({ type, id }) => type === types.WINDOW_UPDATE && id > 0),
    why: 'A WINDOW_UPDATE for a stream that is answered means nothing. Ours are answered at once, and those of Node a turn later.',
  },
  {
    difference: /^reset: none \/ PROTOCOL_ERROR$/,
    when: ({ ours }) =>
      Array.from(ours.streams.values()).some(({ trailers = [] }) =>
        trailers.some((line) => line.startsWith('content-length:')),
      ),
    why: 'A content-length among trailers: nobody reads it. nghttp2 takes it for one of the headers.',
  },
  {
    difference: /^connection: PROTOCOL_ERROR \/ open$/,
    when: ({ role, ours }) => role === 'client' && /^PUSH_PROMISE/.test(ours.why ?? ''),
    why: 'A push before our SETTINGS, which forbid it, are acknowledged. No server of gRPC pushes.',
  },
  {
    difference: /^connection: open \/ PROTOCOL_ERROR$/,
    when: ({ role, wireFrames }) =>
      role === 'client' && wireFrames.some(({ type, payload }) => type === types.DATA && payload.length === 0),
    why: 'DATA without data before the headers of a response: nobody is told anything.',
  },
  {
    difference: /^connection: open \/ |^reset: none \/ /,
    when: ({ wireFrames }) => {
      const last = wireFrames.findLast(({ type }) => type === types.HEADERS || type === types.CONTINUATION);
      return last !== undefined && (last.flags & 4) === 0;
    },
    why: 'A header list that does not come whole is judged by nghttp2 as far as it has come.',
  },
  {
    difference: /^connection: [A-Z_]+ \/ open$/,
    when: ({ isCut }) => isCut,
    why: 'Ours judges a frame by its head, also one that does not come whole.',
  },
  {
    difference: /^connection: (PROTOCOL_ERROR|FRAME_SIZE_ERROR) \/ open$/,
    when: endedFor(/padding/),
    why: 'RFC 9113, 6.1: a padding that is too long is an error of the connection. nghttp2 does not look at it where the stream is closed.',
  },
  {
    difference: /^reset: none \/ PROTOCOL_ERROR$|^connection: open \/ PROTOCOL_ERROR$/,
    when: ({ ours }) =>
      Array.from(ours.streams.values()).some(({ headers = [] }) => headers.some((line) => oddTarget.test(line))),
    why: 'Letters that no host, path or scheme has. Such a path is none that there is, and the others are not looked at.',
  },
  {
    difference: /^connection: open \/ |^reset: none \/ /,
    when: ({ role, ours }) =>
      role === 'client' &&
      Array.from(ours.streams.values()).some(({ headers = [] }) =>
        headers.some((line) => /^:status: (204|304)$/.test(line)),
      ),
    why: 'DATA after a status that has none. Whoever asked by gRPC takes nothing but 200.',
  },
];

/** What nghttp2 refuses in pseudo-header fields, and in host. */
const oddTarget =
  /^host: $|^(?::authority|host): .*[^!$&'()*+,\-.~0-9:;=A-Z[\]a-z%_]|^:path: .*[^\x21-\x7e\x80-\xff]|^:scheme: .*[^0-9A-Za-z+.-]/;
