import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  failing,
  failsClean,
  folder,
  options,
  pull,
  push,
  reference,
  registry,
  waited,
} from '../testing/registry-fixture.ts';
import { filesIn, sampleArtifact, sampleFiles } from '../testing/sample-artifact.ts';
import { pullArtifact, pushArtifact } from './registry.ts';

describe('an artifact in a registry', () => {
  it('comes back as it was', async () => {
    const { digest } = await push();
    const pulled = await pull();
    assert.equal(pulled.digest, digest);
    assert.deepEqual(await filesIn(join(folder, 'out')), sampleFiles);
  });

  it('comes back by its digest', async () => {
    const { digest } = await push();
    assert.equal((await pull({}, reference(`@${digest}`))).digest, digest);
  });

  it('is not sent again where it is', async () => {
    await push();
    const before = registry.seen.length;
    await push();
    const sent = registry.seen.slice(before).filter(({ method }) => method !== 'HEAD');
    assert.deepEqual(
      sent.map(({ method }) => method),
      ['PUT'],
    );
  });

  it('is refused where its name is none', async () => {
    const bad = [
      '',
      'oci://',
      'oci://host',
      'oci://host/',
      'oci://host/UPPER:v1',
      'oci://host/a/../b:v1',
      'oci://host/a:',
      'oci://host/a@sha256:1',
      'oci://user@host/a:v1',
      'oci://ho st/a:v1',
      'oci://host/a:v 1',
      'https://host/a:v1',
      'oci://host/a?x:v1',
      'oci://host:123456/a:v1',
    ];
    for (const text of bad) {
      assert.throws(() => pullArtifact(text, join(folder, 'out')), { code: 'INVALID_ARGUMENT' }, text);
    }
    const digest = `@sha256:${'0'.repeat(64)}`;
    assert.throws(() => pushArtifact(sampleArtifact(), reference(digest)), { message: /want a tag to write to/ });
  });

  it('that is not there is told so, with nothing in it that a terminal obeys', () =>
    failsClean(
      pull(),
      'NOT_FOUND',
      /answers 404 MANIFEST_UNKNOWN \("not here\\u001b\[31m"\) for the manifest team\/digits:v3$/,
    ));

  it('is one of a list of one', async () => {
    const { digest } = await push();
    const entry = (of: string) => ({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: of, size: 1 });
    const index = (...of: string[]) => Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: of.map(entry) }));
    const type = 'application/vnd.oci.image.index.v1+json';
    registry.manifests.set('list', { type, bytes: index(digest, digest) });
    await failsClean(pull({}, reference(':list')), 'FAILED_PRECONDITION', /is a list of 2 artifacts/);
    registry.manifests.set('list', { type, bytes: index(digest) });
    assert.equal((await pull({}, reference(':list'))).digest, digest);
  });
});

describe('a blob', () => {
  const big = Buffer.alloc(10_000, 'big');
  const artifact = sampleArtifact({ 'model.onnx': big });
  const chunked = { chunkBytes: 3_000 };
  const digest = `sha256:${hash('sha256', big)}`;
  const stored = () => registry.blobs.get(digest);
  const ranges = () =>
    registry.seen.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range']);

  it('goes in chunks where it is large', async () => {
    await pushArtifact(artifact, reference(), { ...options, ...chunked });
    assert.deepEqual(stored(), big);
    assert.deepEqual(ranges(), ['0-2999', '3000-5999', '6000-8999', '9000-9999']);
  });

  it('goes on where it was when the connection is lost', async () => {
    registry.cutUploadAfter = 1_000;
    await pushArtifact(artifact, reference(), { ...options, ...chunked });
    assert.deepEqual(stored(), big);
    assert.deepEqual(ranges(), ['0-2999', '1000-3999', '4000-6999', '7000-9999']);
    assert.equal(waited.length, 1);
  });

  it('goes as a whole where a registry takes no chunks', async () => {
    failing('PATCH', 1, (response) => response.writeHead(405).end());
    await pushArtifact(artifact, reference(), { ...options, ...chunked });
    assert.deepEqual(stored(), big);
    assert.equal(ranges().length, 1);
  });

  it('is asked for from where it was when the connection is lost', async () => {
    await pushArtifact(artifact, reference(), options);
    failing(`GET /v2/team/digits/blobs/${digest}`, 1, (response) => {
      response.writeHead(200, { 'content-length': big.byteLength });
      response.write(big.subarray(0, 4_000), () => response.destroy());
    });
    await pull();
    assert.deepEqual(await filesIn(join(folder, 'out')), { 'model.onnx': big.toString() });
    const [range] = registry.seen.flatMap(({ headers }) => headers.range ?? []);
    assert.match(range ?? '', /^bytes=[1-9]\d*-9999$/);
  });

  it('is whole where a registry knows no ranges', async () => {
    await pushArtifact(artifact, reference(), options);
    let times = 0;
    registry.fault = ({ method, path }, response) => {
      if (method !== 'GET' || !path.includes(digest) || times++ > 1) return false;
      response.writeHead(200, { 'content-length': big.byteLength });
      if (times === 1) response.write(big.subarray(0, 4_000), () => response.destroy());
      else response.end(big);
      return true;
    };
    await pull();
    assert.deepEqual(await filesIn(join(folder, 'out')), { 'model.onnx': big.toString() });
  });

  it('that is another than was described is refused', async () => {
    await pushArtifact(artifact, reference(), options);
    const flipped = Buffer.from(big);
    flipped[5_000] = 0;
    for (const [bytes, message] of [
      [flipped, /another digest/],
      [big.subarray(1), /want 10000 bytes, got 9999/],
      [Buffer.concat([big, big]), /got more/],
    ] as const) {
      registry.blobs.set(digest, bytes);
      await failsClean(pull(), 'FAILED_PRECONDITION', message);
    }
  });
});

describe('a manifest', () => {
  it('that is another than its digest says is refused', async () => {
    const { digest } = await push();
    registry.manifests.set(digest, { type: 'application/vnd.oci.image.manifest.v1+json', bytes: Buffer.from('{}') });
    await failsClean(pull({}, reference(`@${digest}`)), 'FAILED_PRECONDITION', /another digest/);
  });
  it('that is too large is refused', async () => {
    registry.manifests.set('v3', { type: 'x', bytes: Buffer.alloc(4 * 2 ** 20 + 1, ' ') });
    await failsClean(pull(), 'RESOURCE_EXHAUSTED', /want at most 4194304 bytes/);
  });
});

describe('a registry that is ill', () => {
  it('is asked again, five times at most', async () => {
    await push();
    failing('GET', 4, (response) => response.writeHead(503).end());
    await pull();
    assert.equal(waited.length, 4);
    assert.ok(
      waited.every((ms, at) => ms >= 125 * 2 ** at && ms <= 250 * 2 ** at),
      String(waited),
    );
    await rm(join(folder, 'out'), { recursive: true });
    failing('GET', 5, (response) => response.destroy());
    await failsClean(pull(), 'UNAVAILABLE', /cannot be reached/);
  });
  it('is given the time that it asks for', async () => {
    await push();
    failing('GET', 1, (response) => response.writeHead(429, { 'retry-after': '7' }).end());
    await pull();
    assert.deepEqual(waited, [7_000]);
  });
  it('is not asked again for what it refuses', async () => {
    failing('POST', 1, (response) => response.writeHead(403).end('{"errors":[{"code":"DENIED"}]}'));
    await assert.rejects(push(), { code: 'PERMISSION_DENIED', message: /answers 403 DENIED for an upload/ });
    assert.deepEqual(waited, []);
  });
});
