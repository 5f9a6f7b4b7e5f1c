/** A process for the tests to kill: pushes, moves aliases, deletes and sweeps in a loop, and tells each change once it was acknowledged. */
import { writeSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { openRegistry, type Registry } from '../index.ts';
import { sha256Of } from './samples.ts';
import { seeded } from './seeded.ts';

const [, , folder = '', name = '', seed = '', databaseUrl] = process.argv;
const random = seeded(Number(seed));
const upTo = (max: number): number => Math.floor(random() * max);
const told = (line: string): void => void writeSync(1, `${line}\n`);

const entry = 'digits';
const contents = 12;
const minute = 60_000;
/** What two processes in each other's way, or a database that was killed, may answer. */
const expected = new Set([
  ...['ALIAS_MOVED', 'VERSION_NOT_READY', 'FILES_MISSING', 'BLOB_NOT_FOUND', 'ENTRY_NOT_FOUND', 'VERSION_NOT_FOUND'],
  ...['REGISTRY_UNAVAILABLE', 'REGISTRY_LOST', 'REGISTRY_LOCKED'],
]);

/** Of some hundred kilobytes, and of nobody else. */
const contentOf = (index: number): string => `${name} ${index} `.repeat(1 + ((index * 7_919) % 30_000));

async function upload({ blobs }: Registry, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  // What was begun before the process was killed is gone on with.
  const upload = await blobs.upload({ id: name, sha256: sha256Of(text), sizeBytes: bytes.byteLength });
  for (let { offset } = upload; offset < bytes.byteLength; offset += 65_536)
    await upload.write(offset, bytes.subarray(offset, offset + 65_536));
  await upload.commit();
}

async function push(registry: Registry): Promise<void> {
  const texts = [contentOf(upTo(contents)), `labels: ${name} ${upTo(4)}`];
  for (const text of texts) await upload(registry, text);
  const files = texts.map((text, index) => ({
    path: ['model.onnx', 'model.yaml'][index] ?? '',
    sizeBytes: Buffer.byteLength(text),
    sha256: sha256Of(text),
  }));
  const manifest = { schema: 1, kind: 'model', files, labels: {}, metrics: {}, pins: [] } as const;
  const { record } = await registry.publish({ name: entry, manifest, by: name });
  told(`version ${record.version} ${record.digest}`);
}

async function move({ store }: Registry): Promise<void> {
  const alias = ['champion', 'challenger'][upTo(2)] ?? '';
  const [{ versions } = { versions: [] }] = (await store.snapshot()).entries;
  const to = versions[upTo(versions.length)]?.version;
  if (to === undefined) return;
  const expectedEpoch = await store.aliasEpoch(entry, alias);
  const { epoch } = await store.moveAlias({ name: entry, alias, to, expectedEpoch, by: name, why: 'better' });
  told(`move ${alias} ${epoch} ${to}`);
}

async function remove({ store }: Registry): Promise<void> {
  await store.deleteByPolicy(entry, { newest: 3 }, { by: name, why: 'old' });
  // As if an hour went by.
  const own = Array.from({ length: contents }, (_, index) => sha256Of(contentOf(index)));
  const used = new Set(await store.filesInUse(own));
  for (const sha256 of own.filter((one) => !used.has(one)))
    await utimes(join(folder, '.sheaf/registry/blobs/sha256', sha256.slice(0, 2), sha256), 0, 0).catch(() => {});
}

const registry = await openRegistry(folder, { lockWaitMs: minute, ...(databaseUrl ? { databaseUrl } : {}) });
told('open');
const actions = [push, push, push, move, move, remove, (one: Registry) => one.sweep(minute)];
for (;;) {
  const action = actions[upTo(actions.length)];
  try {
    await action?.(registry);
  } catch (error) {
    const reason = error instanceof InferError ? error.reason : '';
    if (!expected.has(reason)) told(`fault ${action?.name} ${reason} ${error instanceof Error ? error.stack : error}`);
  }
}
