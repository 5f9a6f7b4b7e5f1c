import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createSigningKeys, readPublicKey } from '@sheaf/signing';
import { readMesh } from '../read-mesh.ts';
import { signatureTrust } from './read-now.ts';

describe('signing of mesh.yaml', () => {
  let folder: string;
  const { publicKey } = createSigningKeys();
  const write = (file: string, text: string) => writeFile(join(folder, file), text);
  const wrongIn = async () => (await readMesh(folder)).problems.map(({ message }) => message).join('; ');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-signing-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read anew each time, and is off where nothing is said', async () => {
    assert.deepEqual(await signatureTrust(folder), { policy: 'off', keys: [] });
    await write('mesh.yaml', 'gateway: {}\n');
    assert.equal((await signatureTrust(folder)).policy, 'off');
    await write('team.pub', publicKey);
    await write('mesh.yaml', 'signing: { policy: require, keys: [team.pub] }\n');
    const { policy, keys } = await signatureTrust(folder);
    assert.deepEqual([policy, keys.map(({ id }) => id)], ['require', [readPublicKey(publicKey).id]]);
  });

  it('trusts nobody where a key is none or the file is broken, and the check of the folder says why', async () => {
    const cases: readonly [string, RegExp][] = [
      ['signing: { policy: require, keys: [lost.pub] }\n', /there is no file "lost\.pub"/],
      ['signing: { policy: require }\n', /want a key at least/],
      ['signing: { policy: always }\n', /want one of off, warn, require, got "always"/],
      ['signing: { policy: require, keys: [mesh.yaml] }\n', /"mesh\.yaml": want a public key in PEM/],
    ];
    for (const [text, message] of cases) {
      await write('mesh.yaml', text);
      assert.match(await wrongIn(), message);
      await assert.rejects(signatureTrust(folder), { code: 'FAILED_PRECONDITION', reason: 'SIGNATURE_TRUST_UNKNOWN' });
    }
  });
});
