/** Reads a tar archive as a stream, entry after entry, and holds no entry in memory. */
import { Header, Pax } from 'tar';
import { refuse } from '../refuse.ts';
import { type ByteReader, createByteReader } from './byte-reader.ts';

export interface TarEntry {
  readonly path: string;
  /** `other` is what no archive of ours may hold: a link, a device, a pipe. */
  readonly kind: 'file' | 'folder' | 'other';
  /** As the archive calls it, such as `SymbolicLink`. */
  readonly type: string;
  readonly sizeBytes: number;
  /** What is not read of it, before the next entry is asked for, is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

const blockBytes = 512;
/** Of a header that says more of the next one: long paths, and times that nobody wants here. */
const extensionBytesMax = 64 * 1024;

/** Tools fill the last record up with zeros. */
const trailBytesMax = 1024 * 1024;

const kinds: Readonly<Record<string, TarEntry['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
};

/** Throws FAILED_PRECONDITION where it is no tar archive, or is cut off. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = createByteReader(source);
  const extensions: Extensions = { next: undefined, all: undefined };
  try {
    for (let header = await readHeader(reader, extensions); header; header = await readHeader(reader, extensions)) {
      const { path = '', type, size: sizeBytes = 0 } = header;
      let left = sizeBytes;
      const content = async function* () {
        for await (const piece of reader.pieces(left)) {
          left -= piece.byteLength;
          yield piece;
        }
      };
      yield { path, kind: kinds[type] ?? 'other', type, sizeBytes, content: content() };
      await skip(reader, left + padding(sizeBytes));
    }
    // To its end, so that whoever counts and hashes the archive on its way has seen all of it.
    if ((await reader.take(trailBytesMax)).byteLength === trailBytesMax)
      throw refuse(`tar: want less than ${trailBytesMax} bytes after the end of the archive`);
  } finally {
    await reader.close();
  }
}

/** What headers of their own say of the entry that follows, and of all. */
interface Extensions {
  next: Pax | undefined;
  all: Pax | undefined;
}

/** The header of the next entry; undefined at the end of the archive. */
async function readHeader(reader: ByteReader, extensions: Extensions): Promise<Header | undefined> {
  for (;;) {
    const block = await reader.take(blockBytes);
    // An archive ends with two empty blocks; some tools write none.
    if (block.byteLength === 0 || block.every((byte) => byte === 0)) return undefined;
    if (block.byteLength < blockBytes) throw refuse('tar: the archive is cut off');
    const header = parse(() => new Header(block, 0, extensions.next, extensions.all));
    if (!header.cksumValid) throw refuse('tar: want an archive, got something else or a damaged one');
    if (!Object.hasOwn(extenders, header.type)) {
      extensions.next = undefined;
      return header;
    }
    const { size = 0 } = header;
    if (size > extensionBytesMax)
      throw refuse(`tar: want at most ${extensionBytesMax} bytes of an extended header, got ${size}`);
    const text = (await reader.take(size)).toString();
    await skip(reader, padding(size));
    parse(() => extenders[header.type]?.(extensions, text));
  }
}

/** By the type of the header. */
const extenders: Readonly<Record<string, (extensions: Extensions, text: string) => void>> = {
  ExtendedHeader: extendNext,
  OldExtendedHeader: extendNext,
  GlobalExtendedHeader(extensions, text) {
    extensions.all = Pax.parse(text, extensions.all, true);
  },
  NextFileHasLongPath: lengthen,
  OldGnuLongPath: lengthen,
  // Of a link, which is refused by its kind.
  NextFileHasLongLinkpath() {},
};

function extendNext(extensions: Extensions, text: string): void {
  extensions.next = Pax.parse(text, extensions.next, false);
}

function lengthen(extensions: Extensions, text: string): void {
  extensions.next = Object.assign(extensions.next ?? new Pax({}), { path: text.replace(/\0.*$/s, '') });
}

const padding = (bytes: number): number => (blockBytes - (bytes % blockBytes)) % blockBytes;

async function skip(reader: ByteReader, bytes: number): Promise<void> {
  let left = bytes;
  for await (const piece of reader.pieces(bytes)) left -= piece.byteLength;
  if (left > 0) throw refuse('tar: the archive is cut off');
}

/** The words of the library are about its own parts. */
function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw refuse('tar: the archive is damaged', error);
  }
}
