/** The bytes of files, checked against their hash as they are read. */
import type { RegistryService } from '@sheaf/transport';
import { invalid, notThere, quoted, refused } from '../refusals.ts';
import type { Registry } from '../registry.ts';
import { entryOf } from './caller.ts';
import { resolve } from './versions.ts';

const chunkBytes = 96 * 1024;

export const downloadMethods = ({
  store,
  blobs,
}: Pick<Registry, 'store' | 'blobs'>): Pick<RegistryService, 'download'> => ({
  download: async function* ({ version, path, offset, length, ...named }, caller) {
    const record = await resolve(store, await entryOf(store, named, caller), version);
    const title = `${record.name}/${record.version}`;
    if (record.state === 'deleted') throw refused('VERSION_DELETED', `${title} was deleted, and its files with it`);
    const file = record.manifest.files.find((one) => one.path === path);
    if (!file) throw notThere(`${title} has no file ${quoted(path)}`, 'FILE_NOT_FOUND');
    if (offset < 0 || offset > file.sizeBytes) throw invalid('offset', `want 0 to ${file.sizeBytes}, got ${offset}`);
    if (length < 0) throw invalid('length', `want 0 or more, got ${length}`);
    const end = length === 0 ? file.sizeBytes : Math.min(file.sizeBytes, offset + length);
    let at = offset;
    for await (const bytes of blobs.read(file.sha256, offset)) {
      for (let from = 0; from < bytes.byteLength && at < end; from += chunkBytes) {
        const data = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(chunkBytes, bytes.byteLength - from));
        const wanted = data.subarray(0, end - at);
        yield { offset: at, data: wanted };
        at += wanted.length;
      }
      if (at >= end) return;
    }
  },
});
