/** The manifest of a push, of as many messages as its files take. */
import { InferError, maySee } from '@sheaf/inference';
import type { RegistryCaller } from '@sheaf/transport';
import type { EntryKind, Manifest, ManifestFile } from '../../manifest.ts';
import { checkEntryName } from '../../names.ts';
import { invalid } from '../../refusals.ts';
import { kindOf, noSuchEntry } from '../caller.ts';
import { manifestOf } from '../manifest-message.ts';
import type { PushLimits } from './limits.ts';
import type { Steps } from './steps.ts';

export interface Brought {
  readonly name: string;
  readonly kind: EntryKind;
  readonly manifest: Manifest;
  /** At most one. */
  readonly signature: readonly string[];
}

/** Throws INVALID_ARGUMENT for what is none, RESOURCE_EXHAUSTED for what is too much, NOT_FOUND for a name that its caller may not see. */
export async function readManifest(
  steps: Steps,
  { filesMax, bytesMax }: PushLimits,
  { principal }: RegistryCaller,
): Promise<Brought> {
  const { kind: said, name, manifest, fileCount, signature } = await steps.next('begin');
  checkEntryName(name);
  const kind = kindOf(said) ?? 'model';
  // A credential brings versions of what is there for it, and of nothing else.
  if (!maySee(principal, name)) throw noSuchEntry({ kind, name });
  if (!manifest) throw invalid('begin.manifest', 'want one, got none');
  // Whoever may ask the pipeline asks what it pins.
  const hidden = manifest.pins.find((pin) => !maySee(principal, pin.name));
  if (hidden) throw noSuchEntry({ kind: '', name: hidden.name });
  const files: ManifestFile[] = [...manifest.files];
  const count = fileCount || files.length;
  if (count > filesMax) throw tooMuch(`files: want at most ${filesMax}, got ${count}`);
  while (files.length < count) {
    const more = await steps.next('files');
    if (more.files.length === 0) throw invalid('files', `want ${count - files.length} more, got none`);
    files.push(...more.files);
  }
  if (files.length > count) throw invalid('files', `want ${count} as file_count says, got ${files.length}`);
  const bytes = files.reduce((sum, { sizeBytes }) => sum + Math.max(0, sizeBytes), 0);
  if (bytes > bytesMax) throw tooMuch(`files: want at most ${bytesMax} bytes in all, got ${bytes}`);
  return { name, kind, manifest: manifestOf(kind, manifest, files), signature: signature === '' ? [] : [signature] };
}

const tooMuch = (message: string): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', message, { reason: 'VERSION_TOO_LARGE', retryAfterMs: -1 });
