import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openRegistry, type Registry } from '@sheaf/registry';
import { createSigningKeys, readPrivateKey, readPublicKey, type SignaturePolicy, signFiles } from '@sheaf/signing';
import { desiredView } from './desired-view.ts';
import { registrySource } from './registry-source.ts';
import { signedSource } from './signed-source.ts';
import { move, push } from './testing/index.ts';

describe('a source with signatures', () => {
  const { publicKey, privateKey } = createSigningKeys();
  let folder: string;
  let registry: Registry;
  let trusted = true;
  const told: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-signed-'));
    registry = await openRegistry(folder);
    told.length = 0;
    trusted = true;
  });
  afterEach(async () => {
    await registry.close();
    await rm(folder, { recursive: true });
  });

  const sign = async (version: number): Promise<void> => {
    const record = await registry.store.getVersion('m', version);
    const bundle = signFiles(record?.manifest.files ?? [], { name: 'm', key: readPrivateKey(privateKey) });
    await registry.store.addSignature({ name: 'm', version }, bundle, 'test');
  };
  const open = (policy: SignaturePolicy) =>
    signedSource(
      registrySource(registry),
      async () => ({ policy, keys: trusted ? [readPublicKey(publicKey)] : [] }),
      (line) => told.push(line),
    );
  const served = async (source: ReturnType<typeof open>) => {
    const { signal } = new AbortController();
    const { entries, out } = await desiredView(await source.snapshot(signal), source, { keep: 2, signal });
    return [entries.map(({ versions, aliases }) => [versions.map(({ version }) => version), aliases]), out];
  };
  const unsigned = (version: number) => ({
    kind: 'model',
    name: 'm',
    version,
    why: `model m/${version}: want a signature by a trusted key, got none`,
  });

  it('has none served that is unsigned where signatures are required', async () => {
    await push(registry, 'model', 'm', { 'model.onnx': 'one' });
    await push(registry, 'model', 'm', { 'model.onnx': 'two' });
    await move(registry, 'm', 'champion', 1);
    const source = open('require');
    assert.deepEqual(await served(source), [[], [unsigned(1)]]);
    await sign(1);
    assert.deepEqual(await served(source), [[[[1], { champion: 1 }]], []]);
    await move(registry, 'm', 'champion', 2);
    // The alias goes on meaning what it meant last before.
    assert.deepEqual(await served(source), [[[[1], { champion: 1 }]], [unsigned(2)]]);
    await sign(2);
    assert.deepEqual(await served(source), [[[[2, 1], { champion: 2 }]], []]);
    trusted = false;
    assert.deepEqual((await served(source))[0], []);
  });

  it('warns once of what is unsigned where that is wanted, and looks at nothing where it is off', async () => {
    await push(registry, 'model', 'm', { 'model.onnx': 'one' });
    await move(registry, 'm', 'champion', 1);
    const source = open('warn');
    const asMeant = [[[[1], { champion: 1 }]], []];
    for (let round = 0; round < 2; round++) assert.deepEqual(await served(source), asMeant);
    assert.deepEqual(told, ['model m/1: want a signature by a trusted key, got none; it is served all the same']);
    assert.deepEqual(await served(open('off')), asMeant);
    assert.equal(told.length, 1);
  });
});
