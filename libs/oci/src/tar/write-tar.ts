/** Writes a tar archive as a stream: the same files make the same bytes. */
import { Header } from 'tar';

export interface FileToPack {
  /** At most 100 bytes. */
  readonly path: string;
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

const blockBytes = 512;

export async function* writeTar(files: Iterable<FileToPack> | AsyncIterable<FileToPack>): AsyncGenerator<Uint8Array> {
  for await (const { path, sizeBytes, open } of files) {
    const header = Buffer.alloc(blockBytes);
    new Header({ path, size: sizeBytes, type: 'File', mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }).encode(header);
    yield header;
    yield* open();
    yield Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
  }
  yield Buffer.alloc(2 * blockBytes);
}
