import assert from 'node:assert/strict';
import { generateKeyPairSync, hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createSigningKeys, readPrivateKey, readPublicKey } from './keys.ts';
import { signFiles } from './sign.ts';
import { isSignable, signatureBytesMax } from './signature-file.ts';
import type { SignedFile } from './signed-files.ts';
import { stockFiles, stockPublicKey, stockSignature } from './testing/stock-signature.ts';
import { verifySignature } from './verify.ts';

const file = (path: string, content = path): SignedFile => ({ path, sha256: hash('sha256', content) });
const files = [file('model.onnx'), file('model.yaml'), file('data/labels.txt')];

const pair = createSigningKeys();
const key = readPrivateKey(pair.privateKey);
const trusted = [readPublicKey(pair.publicKey)];
const signature = signFiles(files, { name: 'digits', key });

const refused = (message: RegExp) => ({ name: 'InferError', code: 'FAILED_PRECONDITION', message });

/** The bundle with its envelope or its material changed. */
function changed(change: (bundle: { readonly dsseEnvelope: object }) => void): string {
  const bundle = JSON.parse(signature);
  change(bundle);
  return JSON.stringify(bundle);
}

describe('a signature', () => {
  it('holds for the files that it was made over, in any order', () => {
    const { name, keyId } = verifySignature(signature, files.toReversed(), trusted);
    assert.equal(name, 'digits');
    assert.equal(keyId, trusted[0]?.id);
  });

  it('holds when another tool has made it', () => {
    const { name } = verifySignature(stockSignature, stockFiles, [readPublicKey(stockPublicKey)]);
    assert.equal(name, 'pair');
  });

  for (const namedCurve of ['secp384r1', 'secp521r1'])
    it(`holds on ${namedCurve}`, () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', {
        namedCurve,
        privateKeyEncoding: { type: 'sec1', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      });
      const made = signFiles(files, { name: 'digits', key: readPrivateKey(privateKey) });
      assert.equal(verifySignature(made, files, [readPublicKey(publicKey)]).name, 'digits');
    });

  const others: readonly [string, readonly SignedFile[], RegExp][] = [
    ['a changed file', [file('model.onnx', 'other'), ...files.slice(1)], /file "model\.onnx" is not as it was signed/],
    ['a file more', [...files, file('more.bin')], /file "more\.bin" is in the version and not in the signature/],
    ['a file less', files.slice(1), /file "model\.onnx" is in the signature and not in the version/],
    ['another model', [file('other.onnx')], /of another model/],
    [
      'a model whose two files have changed places',
      [file('model.onnx', 'model.yaml'), file('model.yaml', 'model.onnx'), ...files.slice(2)],
      /not as it was signed/,
    ],
  ];
  for (const [what, present, message] of others)
    it(`does not hold for ${what}`, () =>
      assert.throws(() => verifySignature(signature, present, trusted), refused(message)));

  it('does not hold by a key that is not trusted', () => {
    const stranger = readPublicKey(createSigningKeys().publicKey);
    assert.throws(
      () => verifySignature(signature, files, [stranger]),
      refused(/by key [0-9a-f]{16}\.\.\., which is not trusted/),
    );
    assert.throws(() => verifySignature(signature, files, []), refused(/not trusted/));
  });

  it('does not hold by a key that only calls itself a trusted one', () => {
    const stranger = signFiles(files, { name: 'digits', key: readPrivateKey(createSigningKeys().privateKey) });
    const bundle = JSON.parse(stranger);
    bundle.verificationMaterial.publicKey.hint = trusted[0]?.id;
    assert.throws(() => verifySignature(JSON.stringify(bundle), files, trusted), refused(/does not hold/));
    bundle.verificationMaterial.publicKey.hint = '';
    assert.throws(
      () => verifySignature(JSON.stringify(bundle), files, trusted),
      refused(/by none of the trusted keys/),
    );
  });

  const broken: readonly [string, string, RegExp][] = [
    ['no JSON', 'once upon a time', /broken: want a Sigstore bundle in JSON/],
    ['nothing', '', /broken/],
    ['a list', '[]', /want a Sigstore bundle/],
    ['null', 'null', /want a Sigstore bundle/],
    [
      'a bundle of another kind',
      changed((bundle) => Object.assign(bundle, { mediaType: 'application/json' })),
      /want a Sigstore bundle/,
    ],
    [
      'one with a certificate',
      changed((bundle) => Object.assign(bundle, { verificationMaterial: { x509CertificateChain: {} } })),
      /made with a certificate/,
    ],
    [
      'one without an envelope',
      changed((bundle) => Object.assign(bundle, { dsseEnvelope: {} })),
      /payload of application/,
    ],
    [
      'one with two signatures',
      changed(({ dsseEnvelope }) => Object.assign(dsseEnvelope, { signatures: [{}, {}] })),
      /want one in the bundle/,
    ],
    [
      'one whose payload was changed',
      changed(({ dsseEnvelope }) => Object.assign(dsseEnvelope, { payload: 'e30=' })),
      /does not hold/,
    ],
    [
      'one that is no base64',
      changed(({ dsseEnvelope }) => Object.assign(dsseEnvelope, { signatures: [{ sig: '***' }] })),
      /no signature in base64/,
    ],
    ['one that is too large', ' '.repeat(signatureBytesMax + 1), /want at most 8388608 bytes/],
  ];
  for (const [what, text, message] of broken)
    it(`is refused where it is ${what}`, () =>
      assert.throws(() => verifySignature(text, files, trusted), refused(message)));

  it('is never right once any byte of its bundle was changed, unless what it says is the same', () => {
    const content = JSON.parse(signature).dsseEnvelope;
    for (let at = 0; at < signature.length; at++) {
      const letter = signature[at] === 'A' ? 'B' : 'A';
      const other = signature.slice(0, at) + letter + signature.slice(at + 1);
      try {
        verifySignature(other, files, trusted);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'FAILED_PRECONDITION', String(error));
        continue;
      }
      const { payload, signatures } = JSON.parse(other).dsseEnvelope;
      const bytes = (text: string) => Buffer.from(text, 'base64');
      assert.deepEqual(bytes(payload), bytes(content.payload));
      assert.deepEqual(bytes(signatures[0].sig), bytes(content.signatures[0].sig));
    }
  });
});

describe('what is signed', () => {
  it('is listed folder by folder, as other tools sort paths', () => {
    const made = signFiles([file('a.txt'), file('a/b'), file('a-b/c'), file('a/a/z')], { name: 'm', key });
    const { predicate } = JSON.parse(Buffer.from(JSON.parse(made).dsseEnvelope.payload, 'base64').toString());
    const names = predicate.resources.map(({ name }: { name: string }) => name);
    assert.deepEqual(names, ['a/a/z', 'a/b', 'a-b/c', 'a.txt']);
  });

  it('leaves out the signature itself and what git keeps', () => {
    assert.deepEqual(
      ['model.sig', '.git/HEAD', '.gitignore', 'sub/model.sig', 'model.onnx', '.github'].map(isSignable),
      [false, false, false, true, true, false],
    );
  });
});

describe('keys', () => {
  it('are refused where they are of another kind', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    assert.throws(() => readPublicKey(publicKey), refused(/want an ECDSA key on P-256, P-384 or P-521, got ed25519/));
    assert.throws(() => readPrivateKey(privateKey), refused(/got ed25519/));
    assert.throws(() => readPublicKey(pair.privateKey), refused(/got a private one/));
    assert.throws(() => readPublicKey('no key'), refused(/want a public key in PEM/));
    assert.throws(() => readPrivateKey(pair.publicKey), refused(/want a private key in PEM/));
  });

  it('open with their passphrase only', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'prime256v1',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    assert.equal(readPrivateKey(privateKey, 'open').type, 'private');
    assert.throws(() => readPrivateKey(privateKey), refused(/want a private key/));
    assert.throws(() => readPrivateKey(privateKey, 'shut'), refused(/with this passphrase/));
  });
});
