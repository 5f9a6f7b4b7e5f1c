/** Makes wrong frames of right ones. */
import { pick, type Random } from '../random-message.ts';
import { encode, type Frame, types } from './frames.ts';

type Damage = (frames: Frame[], at: number, random: Random) => void;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0, 0);
  return bytes;
};

const anyBytes = (random: Random, length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)));
const increments = [0, 1, 1000, 2 ** 31 - 1];
const ids = [0, 1, 2, 3, 5, 7, 9, 101, 2 ** 31 - 1];

function setting(random: Random): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(pick(random, [1, 2, 3, 4, 5, 6, 99]), 0);
  bytes.writeUInt32BE(pick(random, [0, 1, 100, 16_384, 65_535, 2 ** 24 - 1, 2 ** 31 - 1, 2 ** 31]), 2);
  return bytes;
}

/** A frame of every type, mostly right by itself. */
function strayFrame(random: Random): Frame {
  const id = pick(random, ids);
  const flags = random(4) === 0 ? random(256) : 0;
  const frame = (type: number, at: number, payload: Buffer): Frame => ({ type, flags, id: at, payload });
  switch (random(10)) {
    case 0:
      return frame(types.PING, random(8) === 0 ? id : 0, anyBytes(random, random(8) === 0 ? 7 : 8));
    case 1:
      return frame(types.SETTINGS, random(8) === 0 ? id : 0, setting(random));
    case 2:
      return frame(types.WINDOW_UPDATE, id, uint32(pick(random, increments)));
    case 3:
      return frame(types.RST_STREAM, id, uint32(random(14)));
    case 4:
      return frame(types.PRIORITY, id, Buffer.concat([uint32(pick(random, ids)), Buffer.of(random(256))]));
    case 5:
      return frame(
        types.GOAWAY,
        random(8) === 0 ? id : 0,
        Buffer.concat([uint32(pick(random, ids)), uint32(random(3))]),
      );
    case 6:
      return frame(types.DATA, id, anyBytes(random, random(20)));
    case 7:
      return frame(types.CONTINUATION, id, Buffer.of(0x82));
    case 8:
      return frame(types.PUSH_PROMISE, id, Buffer.concat([uint32(2), Buffer.of(0x82, 0x84, 0x86)]));
    default:
      return frame(10 + random(20), id, anyBytes(random, random(20)));
  }
}

const change = (frames: Frame[], at: number, by: Partial<Frame>): void => {
  frames[at] = { ...(frames[at] as Frame), ...by };
};

const damages: readonly Damage[] = [
  (frames, at, random) => {
    const payload = Buffer.from((frames[at] as Frame).payload);
    if (payload.length > 0) payload[random(payload.length)] = random(256);
    change(frames, at, { payload });
  },
  (frames, at, random) => change(frames, at, { flags: (frames[at] as Frame).flags ^ (1 << random(8)) }),
  (frames, at, random) => change(frames, at, { type: random(11) }),
  (frames, at, random) => change(frames, at, { id: pick(random, ids) }),
  (frames, at, random) => change(frames, at, { length: pick(random, [0, 1, 8, 16_384, 16_385, 2 ** 24 - 1]) }),
  (frames, at, random) => change(frames, at, { payload: (frames[at] as Frame).payload.subarray(0, random(6)) }),
  (frames, at) => void frames.splice(at, 0, frames[at] as Frame),
  (frames, at) => void frames.splice(at, 1),
  (frames, at, random) => void frames.splice(random(frames.length), 0, ...frames.splice(at, 1)),
  (frames, at, random) => void frames.splice(at, 0, strayFrame(random)),
  (frames, at, random) => void frames.splice(at, 0, strayFrame(random)),
  (frames, at, random) => pad(frames, at, random),
  (frames, at, random) => splitHeaders(frames, at, random),
];

/** Right padding, as long as it is on DATA or HEADERS. */
function pad(frames: Frame[], at: number, random: Random): void {
  const { type, flags, payload } = frames[at] as Frame;
  if ((type !== types.DATA && type !== types.HEADERS) || (flags & 8) !== 0) return;
  const padding = random(20);
  change(frames, at, {
    flags: flags | 8,
    payload: Buffer.concat([Buffer.of(padding), payload, Buffer.alloc(padding)]),
  });
}

/** HEADERS as HEADERS and CONTINUATIONs. */
function splitHeaders(frames: Frame[], at: number, random: Random): void {
  const { type, flags, id, payload } = frames[at] as Frame;
  if (type !== types.HEADERS || (flags & 8) !== 0) return;
  const cut = random(payload.length + 1);
  change(frames, at, { flags: flags & ~4, payload: payload.subarray(0, cut) });
  frames.splice(at + 1, 0, { type: types.CONTINUATION, flags: 4, id, payload: payload.subarray(cut) });
}

/** A few damages, or none. */
export function damaged(frames: readonly Frame[], random: Random): Frame[] {
  const wrong = [...frames];
  for (let count = random(4); count > 0 && wrong.length > 0; count--)
    pick(random, damages)(wrong, random(wrong.length), random);
  return wrong;
}

/** Cut anywhere, mostly into few pieces, and sometimes into single bytes. */
export function chunksOf(before: Buffer, frames: readonly Frame[], random: Random): Buffer[] {
  const bytes = Buffer.concat([before, ...frames.map(encode)]);
  const chunks: Buffer[] = [];
  const step = pick(random, [1, 20, 500, 20_000, 1_000_000]);
  for (let at = 0; at < bytes.length; ) {
    // So many small ones that their turns do not take all the time, and then the rest.
    const size = chunks.length > 200 ? bytes.length : 1 + random(step);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
