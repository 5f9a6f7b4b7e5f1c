/** An artifact that was brought becomes a version. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PulledArtifact } from '@sheaf/oci';
import { pushVersion } from '@sheaf/registry';
import type { OptionValues } from '../command.ts';
import type { RegistryPlace } from './action.ts';
import { pushedText } from './print.ts';
import { withBar } from './pushing.ts';
import { apartFromSignature } from './signatures.ts';
import { saidIn } from './version-artifact.ts';

/** `read` puts the files of the artifact into a folder, which is there for as long as it takes. */
export async function takeIn(
  { calls, kind }: RegistryPlace,
  name: string,
  read: (folder: string) => Promise<PulledArtifact>,
  { json }: OptionValues,
): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'sheaf-artifact-'));
  try {
    const folder = join(temporary, 'files');
    const pulled = await read(folder);
    const brought = pulled.files.map((file) => ({ ...file, source: join(folder, file.path) }));
    const { files, signature } = await apartFromSignature(brought);
    const version = { kind, name, files, signature, said: saidIn(pulled.annotations, kind) };
    const pushed = await withBar(`of ${name}`, (onProgress) => pushVersion(calls, version, onProgress));
    if (json) return console.log(JSON.stringify({ ...pushed.version, created: pushed.created }));
    console.log(pushedText(pushed));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
