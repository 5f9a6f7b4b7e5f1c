import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createSigningKeys, readPrivateKey, readPublicKey } from './keys.ts';
import { checkSignatures } from './policy.ts';
import { signFiles } from './sign.ts';

const files = [{ path: 'model.onnx', sha256: hash('sha256', 'model') }];
const pair = createSigningKeys();
const keys = [readPublicKey(pair.publicKey)];
const ours = signFiles(files, { name: 'digits', key: readPrivateKey(pair.privateKey) });
const strangers = signFiles(files, { name: 'digits', key: readPrivateKey(createSigningKeys().privateKey) });

describe('the policy for signatures', () => {
  it('looks at nothing where it is off', () =>
    assert.deepEqual(checkSignatures('model digits/3', files, ['broken'], { policy: 'off', keys }), {
      kind: 'unchecked',
    }));

  it('takes a version with one signature that holds, whatever else it has', () => {
    for (const policy of ['warn', 'require'] as const)
      assert.deepEqual(checkSignatures('model digits/3', files, ['broken', strangers, ours], { policy, keys }), {
        kind: 'trusted',
        keyId: keys[0]?.id,
      });
  });

  it('warns of one that has none', () => {
    const judged = checkSignatures('model digits/3', files, [], { policy: 'warn', keys });
    assert.deepEqual(judged, { kind: 'untrusted', why: 'model digits/3: want a signature by a trusted key, got none' });
  });

  it('refuses one that has none, where one is required', () => {
    const required = (signatures: readonly string[]) => () =>
      checkSignatures('model digits/3', files, signatures, { policy: 'require', keys });
    const refused = (message: RegExp) => ({ code: 'FAILED_PRECONDITION', message });
    assert.throws(required([]), refused(/^model digits\/3: want a signature by a trusted key, got none$/));
    assert.throws(required(['broken']), refused(/^model digits\/3: the signature is broken/));
    assert.throws(required([strangers, 'broken']), refused(/not trusted; 1 more signatures do not hold either$/));
  });
});
