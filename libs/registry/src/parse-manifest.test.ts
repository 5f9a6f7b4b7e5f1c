import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { canonicalManifest, digestOf, type Manifest } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';
import { aManifest, refusal, sha256Of } from './testing/samples.ts';

const full: Manifest = {
  ...aManifest('a'),
  signature: {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4], symbols: ['batch', ''] }],
    outputs: [{ name: 'y', datatype: 'INT64', shape: [], unranked: true, optional: true, labels: ['no', 'yes'] }],
  },
  batching: { proven: true, rows: [1, 2, null], worst: 1e-7 },
  labels: { stage: 'prod', 'a.b/c': 'é "quoted"' },
  parent: `sha256:${'b'.repeat(64)}`,
  producer: 'train.py',
  trainingWindow: { fromMs: 1, toMs: 2 },
  featureView: 'visits',
  metrics: { auc: 0.93, loss: -0, big: 1e21, tiny: 1e-7 },
};

describe('a manifest', () => {
  it('is read as it was written, in one spelling whatever the order, and twice the same', () => {
    const read = parseManifest(full);
    assert.deepEqual(parseManifest(JSON.parse(canonicalManifest(read))), {
      ...read,
      metrics: { ...read.metrics, loss: 0 },
    });
    const turned = Object.fromEntries(Object.entries(full).toReversed());
    assert.equal(digestOf(parseManifest(turned)), digestOf(read));
    assert.notEqual(digestOf(parseManifest({ ...full, producer: 'other.py' })), digestOf(read));
    // As RFC 8785 spells numbers.
    assert.match(canonicalManifest(read), /"metrics":\{"auc":0\.93,"big":1e\+21,"loss":0,"tiny":1e-7\}/);
  });

  it('has the digest that anybody can compute', () => {
    const text = `{"files":[{"path":"model.onnx","sha256":"${sha256Of('a')}","sizeBytes":1}],"kind":"model","labels":{},"metrics":{},"pins":[],"schema":1}`;
    assert.equal(canonicalManifest(aManifest('a')), text);
    const [theirs] = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: text }).toString().split(' ');
    assert.equal(digestOf(aManifest('a')), `sha256:${theirs}`);
  });

  it('takes what it does not need for nothing: a label is never an order', () => {
    const labels = { 'skip-validation': 'true', trusted: 'yes' };
    assert.throws(
      () =>
        parseManifest({ ...aManifest('a'), labels, files: [{ path: '../x', sizeBytes: 1, sha256: sha256Of('a') }] }),
      refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^files\[0\]\.path/),
    );
  });

  it('is refused with the field that is wrong', () => {
    const file = { path: 'a', sizeBytes: 1, sha256: sha256Of('a') };
    const pin = { name: 'digits', alias: 'champion' };
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
    const wrong: readonly [object, RegExp][] = [
      [{ schema: 2 }, /^schema: want 1, got 2/],
      [{ kind: 'transform' }, /^kind: want model or pipeline, got "transform"/],
      [{ more: 1 }, /^manifest: want .*, got "more"/],
      [{ files: [] }, /^files: want at least one/],
      [{ files: [{ ...file, mode: 7 }] }, /^files\[0\]: want nothing else, got "mode"/],
      [{ files: [{ ...file, sizeBytes: -1 }] }, /^files\[0\]\.sizeBytes/],
      [{ files: [{ ...file, sha256: 'A'.repeat(64) }] }, /^files\[0\]\.sha256/],
      [{ files: [file, { ...file, path: 'A' }] }, /^files: want paths that differ in more than case/],
      [{ files: [file, { ...file, path: 'b', sizeBytes: 2 }] }, /^files: want one size for one sha256/],
      [{ labels: JSON.parse('{"__proto__": "x"}') }, /^labels: want keys/],
      [{ labels: { a: 1 } }, /^labels\.a: want a text/],
      [{ labels: { a: 'x'.repeat(1_025) } }, /^labels\.a: want at most 1024/],
      [{ labels: { a: '\ud83d' } }, /^labels\.a: want well-formed/],
      [{ metrics: { a: Number.NaN } }, /^metrics\.a: want a finite number/],
      [{ parent: '3' }, /^parent: want sha256/],
      [{ trainingWindow: { fromMs: 2, toMs: 1 } }, /^trainingWindow/],
      [{ pins: [pin] }, /^pins: want none of a model/],
      [{ kind: 'pipeline', pins: [{ ...pin, digest: full.parent }] }, /^pins\[0\]: want digest or alias, got both/],
      [{ kind: 'pipeline', pins: [pin, pin] }, /^pins: want each once/],
      [{ kind: 'pipeline', pins: [{ name: '../x', alias: 'a' }] }, /^pins\[0\]\.name/],
      [
        { signature: { inputs: [{ name: 'x', datatype: 'FP33', shape: [] }], outputs: [] } },
        /^signature\.inputs\[0\]\.datatype/,
      ],
      [
        { signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-2] }], outputs: [] } },
        /^signature\.inputs\[0\]\.shape\[0\]/,
      ],
      [{ batching: { deep } }, /^batching\.deep.*: want at most 16 levels/],
    ];
    for (const [change, message] of wrong)
      assert.throws(
        () => parseManifest({ ...aManifest('a'), ...change }),
        refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', message),
      );
    for (const value of [undefined, null, 'text', [], 7])
      assert.throws(
        () => parseManifest(value),
        refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^manifest: want an object/),
      );
  });
});
