/** Signatures as they are typed: keys in files, and `model.sig` beside the files of a version. */
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PushedFile } from '@sheaf/registry';
import { readPrivateKey, signatureBytesMax, signatureFile, signFiles } from '@sheaf/signing';
import { type OptionValues, textOf, UsageError } from '../command.ts';

export const privateKeyOption = { 'private-key': { type: 'string' } } as const;
export const privateKeyHelp = `    --private-key <file> signs with this key in PEM; the passphrase of one that is encrypted is SHEAF_SIGNING_PASSPHRASE`;

/** Reads the key when it is asked for. */
export function privateKeyOf(values: OptionValues): (() => Promise<KeyObject>) | undefined {
  const file = textOf(values['private-key']);
  if (file === undefined) return undefined;
  return async () => readPrivateKey(await readPem(file), process.env['SHEAF_SIGNING_PASSPHRASE']);
}

export const readPem = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code})`);
  });

/** The signature is no file of a version, but said beside them. One that is made here stands in for one that lies there. */
export async function apartFromSignature(
  brought: readonly PushedFile[],
  key?: () => Promise<KeyObject>,
  name = '',
): Promise<{ readonly files: readonly PushedFile[]; readonly signature: string | undefined }> {
  const files = brought.filter(({ path }) => path !== signatureFile);
  if (key) return { files, signature: signFiles(files, { name, key: await key() }) };
  const found = brought.find(({ path }) => path === signatureFile);
  return { files, signature: found && (await textIn(found)) };
}

async function textIn({ source, sizeBytes }: PushedFile): Promise<string> {
  if (sizeBytes > signatureBytesMax)
    throw new UsageError(`${signatureFile}: want at most ${signatureBytesMax} bytes, got ${sizeBytes}`);
  return typeof source === 'string' ? readPem(source) : Buffer.from(source).toString();
}

/** A folder is said as one, since `digits/3` is a version. */
export const isFolderTyped = (text: string): boolean => /^(\.{0,2}\/|\.{1,2}$)/.test(text);
