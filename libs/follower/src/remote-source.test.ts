import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Principal, roles } from '@sheaf/inference';
import { createRegistryService, openRegistry, type Registry } from '@sheaf/registry';
import { registryCallsOf } from '@sheaf/transport';
import { registrySource } from './registry-source.ts';
import { remoteSource } from './remote-source.ts';
import type { RegistrySource } from './source.ts';
import { move, push } from './testing/index.ts';

const somebody: Principal = { id: 'k', tenant: 't', roles, models: ['*'], priority: 'standard', claims: {} };

const remote = (registry: Registry): RegistrySource => {
  const calls = registryCallsOf(createRegistryService({ registry }), somebody);
  return remoteSource({ calls, close: () => void registry.close() });
};

it('a registry elsewhere is not believed where it says another digest than its manifest has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-source-'));
  const registry = await openRegistry(folder);
  await push(registry, 'model', 'm', { 'model.onnx': 'one' });
  const calls = registryCallsOf(createRegistryService({ registry }), somebody);
  const lying = {
    ...calls,
    getVersion: async (request: Parameters<typeof calls.getVersion>[0]) => {
      const told = await calls.getVersion(request);
      return { ...told, digest: `sha256:${'0'.repeat(64)}` };
    },
  };
  const source = remoteSource({ calls: lying, close: () => void registry.close() });
  await assert.rejects(source.version({ kind: 'model', name: 'm' }, 1, new AbortController().signal), {
    code: 'DATA_LOSS',
  });
  await source.close();
  await rm(folder, { recursive: true });
});

for (const [name, open] of Object.entries({ 'in this process': registrySource, 'by its service': remote }))
  describe(`a registry ${name}`, { timeout: 60_000 }, () => {
    it('tells what is there, what was before, and that it has changed, and gives its files', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sheaf-source-'));
      const registry = await openRegistry(folder);
      const source = open(registry);
      const { signal } = new AbortController();
      for (const text of ['one', 'two', 'three']) await push(registry, 'model', 'm', { 'model.onnx': text });
      for (const to of [1, 2, 1, 3]) await move(registry, 'm', 'champion', to);
      const m = { kind: 'model', name: 'm' } as const;
      const { epoch, entries } = await source.snapshot(signal);
      assert.deepEqual(
        entries.map((entry) => [
          entry.name,
          entry.versions.map(({ version, state }) => [version, state]),
          entry.aliases[0]?.version,
        ]),
        [
          [
            'm',
            [
              [1, 'ready'],
              [2, 'ready'],
              [3, 'ready'],
            ],
            3,
          ],
        ],
      );
      assert.deepEqual(await source.former(m, 'champion', 5, signal), [1, 2]);
      const { digest, manifest, why } = await source.version(m, 2, signal);
      assert.deepEqual([digest, why, manifest.pins], [entries[0]?.versions[1]?.digest, '', []]);
      const [file] = manifest.files;
      assert.ok(file);
      const pieces: Uint8Array[] = [];
      for await (const piece of source.read({ ...m, version: 2, ...file }, 1, signal)) pieces.push(piece);
      assert.equal(Buffer.concat(pieces).toString(), 'wo');
      const changed = source.changed(epoch, signal);
      await move(registry, 'm', 'champion', 2);
      await changed;
      const after = await source.snapshot(signal);
      assert.ok(after.epoch > epoch);
      assert.equal(after.entries[0]?.aliases[0]?.version, 2);
      const given = new AbortController();
      const waiting = source.changed(after.epoch, given.signal);
      given.abort();
      await waiting;
      await source.close();
      await rm(folder, { recursive: true });
    });
  });
