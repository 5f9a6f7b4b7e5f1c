import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createSigningKeys,
  readPrivateKey,
  readPublicKey,
  type SignaturePolicy,
  type SignatureTrust,
  signFiles,
} from '@sheaf/signing';
import { pushVersion } from '../client/push-version.ts';
import { championsOf } from '../rollouts/rollout-store.ts';
import { fileOf, openTestService } from '../testing/service-samples.ts';

const ours = createSigningKeys();
const strangers = createSigningKeys();
const trustOf = (policy: SignaturePolicy): SignatureTrust => ({ policy, keys: [readPublicKey(ours.publicKey)] });
const files = [fileOf('model.onnx', 'weights'), fileOf('model.yaml', 'batching: false')];
const by = ({ privateKey }: typeof ours, over = files) =>
  signFiles(over, { name: 'digits', key: readPrivateKey(privateKey) });
const refused = (message: RegExp) => ({ code: 'FAILED_PRECONDITION', reason: 'SIGNATURE_INVALID', message });

/** A service that is asked with what is trusted now. */
async function opened(policy: SignaturePolicy) {
  const now = { trust: trustOf(policy) };
  const service = await openTestService({ trust: async () => now.trust });
  const calls = service.as('ann');
  const push = (signature?: string, brought = files) =>
    pushVersion(calls, { kind: 'model', name: 'digits', files: brought, said: {}, signature });
  return { service, calls, push, now };
}

describe('a registry that requires signatures', () => {
  const wrong: readonly [string, string | undefined, RegExp][] = [
    ['none', undefined, /^model digits: want a signature by a trusted key, got none$/],
    ['one by a stranger', by(strangers), /not trusted/],
    ['a broken one', '{"mediaType":', /broken/],
    ['one of another model', by(ours, [fileOf('other.onnx', 'x')]), /of another model/],
    [
      'one from before a file was changed',
      by(ours, [fileOf('model.onnx', 'w'), ...files.slice(1)]),
      /"model\.onnx" is not as it was signed/,
    ],
    [
      'one from before a file was added',
      by(ours, files.slice(1)),
      /"model\.onnx" is in the version and not in the signature/,
    ],
    [
      'one from before a file was removed',
      by(ours, [...files, fileOf('more.txt', 'x')]),
      /"more\.txt" is in the signature and not in the version/,
    ],
  ];
  for (const [what, signature, message] of wrong)
    it(`does not take a version with ${what}, and it is not there`, async () => {
      const { service, calls, push } = await opened('require');
      await using _ = service;
      await assert.rejects(push(signature), refused(message));
      assert.deepEqual((await calls.listEntries({})).entries, []);
      assert.deepEqual(await service.registry.blobs.missing([files[0]?.sha256 ?? '']), [files[0]?.sha256]);
    });

  it('takes one that is signed, and keeps the signature', async () => {
    const { service, push } = await opened('require');
    await using _ = service;
    const signature = by(ours);
    assert.deepEqual((await push(signature)).version.signatures, [signature]);
    // What is there, with a signature that holds, needs none again.
    assert.equal((await push()).created, false);
  });

  it('moves no alias to a version from before it did, until that is signed', async () => {
    const { service, calls, push, now } = await opened('off');
    await using _ = service;
    await push();
    now.trust = trustOf('require');
    const move = () => calls.moveAlias({ kind: 'model', name: 'digits', alias: 'champion', to: '1' });
    await assert.rejects(move(), refused(/^model digits\/1: want a signature/));
    const add = (bundle: string) => calls.addSignature({ kind: 'model', name: 'digits', version: 1, bundle });
    await assert.rejects(add(by(strangers)), refused(/not trusted/));
    await add(by(ours));
    assert.equal((await move()).version, 1);
    now.trust = { policy: 'require', keys: [readPublicKey(strangers.publicKey)] };
    await assert.rejects(
      calls.moveAlias({ kind: 'model', name: 'digits', alias: 'shadow', to: '1' }),
      refused(/not trusted/),
    );
  });

  it('gives a rollout no version from before it did, and lets none be promoted by one, until that is signed', async () => {
    const { service, calls, push, now } = await opened('off');
    await using _ = service;
    const named = { kind: 'model', name: 'digits' };
    const other = [fileOf('model.onnx', 'other weights')];
    await push();
    await push(undefined, other);
    await calls.moveAlias({ ...named, alias: 'champion', to: '1' });
    const start = () => calls.startRollout({ ...named, planJson: '{"versions":{"2":1},"steps":[]}' });
    const promote = () => calls.tellRollout({ ...named, command: 'promote', version: '2', why: '' });
    now.trust = trustOf('require');
    await assert.rejects(start(), refused(/^model digits\/2: want a signature/));
    now.trust = trustOf('off');
    await start();
    now.trust = trustOf('require');
    await assert.rejects(promote(), refused(/^model digits\/2: want a signature/));
    assert.equal(JSON.parse((await calls.getRollout(named)).rollout?.evidenceJson ?? '').state.phase.kind, 'pending');
    await calls.addSignature({ ...named, version: 2, bundle: by(ours, other) });
    await promote();
    // Whoever then moves the alias looks once more.
    const move = (trust: SignatureTrust) =>
      championsOf(service.registry.store, async () => trust).move({
        ...{ kind: 'model', name: 'digits', to: '2', expectedEpoch: 1, by: 'rollout', why: '', evidence: '' },
      });
    const judged = await move({ policy: 'require', keys: [readPublicKey(strangers.publicKey)] });
    assert.match(typeof judged === 'string' ? judged : judged.refused, /^model digits\/2: .*not trusted/);
    assert.equal(await move(trustOf('require')), 'moved');
  });
});
