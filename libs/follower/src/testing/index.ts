/** Versions pushed to a registry as whoever brings them would, without files on a disk. */
import { hash } from 'node:crypto';
import type { Manifest, Pin, Registry } from '@sheaf/registry';

export type VersionFiles = Readonly<Record<string, string | Uint8Array>>;

/** Pushes one version, and answers its number. */
export async function push(
  { blobs, publish }: Registry,
  kind: Manifest['kind'],
  name: string,
  files: VersionFiles,
  pins: readonly Pin[] = [],
): Promise<number> {
  const manifest: Manifest = {
    schema: 1,
    kind,
    files: await Promise.all(
      Object.entries(files)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(async ([path, content]) => {
          const bytes = Buffer.from(content);
          const file = { sizeBytes: bytes.byteLength, sha256: hash('sha256', bytes) };
          await blobs.add(
            file,
            (async function* () {
              yield bytes;
            })(),
          );
          return { path, ...file };
        }),
    ),
    labels: {},
    metrics: {},
    pins,
  };
  return (await publish({ name, manifest, by: 'test' })).record.version;
}

/** Moves an alias, whatever it meant. */
export async function move({ store }: Registry, name: string, alias: string, to: number): Promise<void> {
  const expectedEpoch = await store.aliasEpoch(name, alias);
  await store.moveAlias({ name, alias, to, expectedEpoch, by: 'test', why: 'the test wants it' });
}
