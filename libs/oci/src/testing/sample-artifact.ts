/** A version of a few files, in memory. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../artifact.ts';

export const sampleFiles: Readonly<Record<string, string | Uint8Array>> = {
  'model.onnx': 'the weights',
  'model.yaml': 'batching: false\n',
  'data/labels.txt': 'one\ntwo\n',
  'README.md': '# A model\n',
  'model.sig': '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
};

export const sampleArtifact = (files = sampleFiles): Artifact => ({
  name: 'digits',
  version: '3',
  format: 'onnx',
  createdAtMs: 0,
  signatureFile: 'model.sig',
  annotations: { 'sheaf.registry.v1.manifest': '{"labels":{}}' },
  files: Object.entries(files).map(([path, content]) => {
    const bytes = Buffer.from(content as string);
    return {
      path,
      sizeBytes: bytes.byteLength,
      sha256: hash('sha256', bytes),
      async *open(start) {
        yield bytes.subarray(start);
      },
    };
  }),
});

/** What lies in a folder, by path; texts as UTF-8. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  const read = files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(read));
}
