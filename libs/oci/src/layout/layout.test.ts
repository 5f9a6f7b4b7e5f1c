import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { filesIn, sampleArtifact, sampleFiles } from '../testing/sample-artifact.ts';
import { readLayout } from './read-layout.ts';
import { writeLayout } from './write-layout.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-layout-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const refused = (message: RegExp) => ({ code: 'FAILED_PRECONDITION', message });

interface Layer {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly annotations?: Record<string, string>;
}

/** A layout with these layers, as somebody else might write it. */
async function layoutOf(layers: readonly Layer[], change: (manifest: Record<string, unknown>) => unknown = () => {}) {
  const layout = at('made');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  const put = async (mediaType: string, bytes: Uint8Array, annotations = {}) => {
    const digest = hash('sha256', bytes);
    await writeFile(join(layout, 'blobs/sha256', digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.byteLength, annotations };
  };
  const described = [];
  for (const { mediaType, bytes, annotations } of layers) described.push(await put(mediaType, bytes, annotations));
  const config = await put('application/vnd.cncf.model.config.v1+json', Buffer.from('{}'));
  const manifest: Record<string, unknown> = { schemaVersion: 2, config, layers: described };
  change(manifest);
  const top = await put('application/vnd.oci.image.manifest.v1+json', Buffer.from(JSON.stringify(manifest)));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }));
  return layout;
}

/** What `tar` makes of a script that runs in an empty folder. */
function archiveOf(script: string, ...args: readonly string[]): Buffer {
  return execFileSync(
    'sh',
    [
      '-c',
      `mkdir in && cd in && ${script} && tar -cf ../packed.tar ${args.join(' ')} && cat ../packed.tar && rm -rf ../in`,
    ],
    { cwd: folder },
  );
}

const tarLayer = (bytes: Uint8Array, ending = ''): Layer => ({
  mediaType: `application/vnd.cncf.model.weight.v1.tar${ending}`,
  bytes,
});
const rawLayer = (path: string, text = 'text'): Layer => ({
  mediaType: 'application/vnd.cncf.model.weight.v1.raw',
  bytes: Buffer.from(text),
  annotations: { 'org.cncf.model.filepath': path },
});

/** Nothing but what was there before, in the folder and beside it. */
async function leftNothing(before: readonly string[]): Promise<void> {
  assert.deepEqual((await readdir(folder)).sort(), before.toSorted());
}

describe('an image layout', () => {
  for (const name of ['layout', 'layout.tar'])
    it(`as ${name} gives back what was put in`, async () => {
      const written = await writeLayout(sampleArtifact(), at(name), 'v3');
      const { digest, files, annotations } = await readLayout({ path: at(name), tag: 'v3' }, at('out'));
      assert.equal(digest, written.digest);
      assert.deepEqual(await filesIn(at('out')), sampleFiles);
      assert.deepEqual(
        files.map(({ path }) => path),
        Object.keys(sampleFiles),
      );
      assert.equal(annotations['sheaf.registry.v1.manifest'], '{"labels":{}}');
      await leftNothing([name, 'out']);
    });

  it('has the media types of ModelPack', async () => {
    await writeLayout(sampleArtifact(), at('layout'), 'v3');
    const [{ digest = '' } = {}] = JSON.parse(await readFile(at('layout/index.json'), 'utf8')).manifests;
    const manifest = JSON.parse(await readFile(at(`layout/blobs/sha256/${digest.slice(7)}`), 'utf8'));
    assert.equal(manifest.artifactType, 'application/vnd.cncf.model.manifest.v1+json');
    assert.equal(manifest.config.mediaType, 'application/vnd.cncf.model.config.v1+json');
    const types = manifest.layers.map(({ mediaType }: { mediaType: string }) => mediaType);
    const ours = (part: string) => `application/vnd.cncf.model.${part}.v1.raw`;
    assert.deepEqual(types, [
      ours('weight'),
      ours('weight.config'),
      ours('weight.config'),
      ours('doc'),
      'application/vnd.dev.sigstore.bundle.v0.3+json',
    ]);
  });

  it('is not written over what is there', async () => {
    for (const name of ['layout', 'layout.tar']) {
      await writeLayout(sampleArtifact(), at(name), 'v3');
      await assert.rejects(writeLayout(sampleArtifact(), at(name), 'v3'), { code: 'INVALID_ARGUMENT' });
    }
    await assert.rejects(readLayout({ path: at('layout') }, at('layout')), { code: 'INVALID_ARGUMENT' });
  });

  it('is not left half written when a file cannot be read to its end', async () => {
    const artifact = sampleArtifact();
    const lost = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('the');
      throw new Error('lost');
    };
    const broken = { ...artifact, files: artifact.files.map((file) => ({ ...file, open: lost })) };
    for (const name of ['layout', 'layout.tar']) await assert.rejects(writeLayout(broken, at(name), 'v3'), /lost/);
    await leftNothing([]);
  });
});

describe('layers of others', () => {
  const files = 'mkdir sub && printf weights > model.onnx && printf one > sub/labels.txt';

  for (const [ending, pack] of [
    ['', Buffer.from],
    ['+gzip', gzipSync],
    ['+zstd', zstdCompressSync],
  ] as const)
    it(`in a tar archive${ending} become files`, async () => {
      const layout = await layoutOf([tarLayer(pack(archiveOf(files, '.')), ending)]);
      await readLayout({ path: layout }, at('out'));
      assert.deepEqual(await filesIn(at('out')), { 'model.onnx': 'weights', 'sub/labels.txt': 'one' });
    });

  const evil: readonly [string, string, readonly string[], RegExp][] = [
    ['a path that leads out', 'touch ../x', ['-P', '../x'], /want a path below the folder/],
    ['a folder that leads out', 'mkdir ../d', ['-P', '../d'], /want a path below the folder/],
    ['an absolute path', 'true', ['-P', '/etc/hostname'], /want a path below the folder/],
    ['a symbolic link', 'ln -s /etc/passwd link', ['link'], /want files and folders, got SymbolicLink/],
    ['a symbolic link to a folder and a file below it', 'ln -s /tmp d', ['d'], /got SymbolicLink/],
    ['a hard link', 'touch a && ln a b', ['a', 'b'], /want files and folders, got Link/],
    ['a pipe', 'mkfifo pipe', ['pipe'], /want files and folders, got FIFO/],
    ['one file twice', 'touch a', ['a', 'a', '--hard-dereference'], /want each file once/],
    ['one file in two cases', 'touch a A', ['a', 'A'], /want each file once/],
  ];
  for (const [what, script, args, message] of evil)
    it(`with ${what} are refused, and nothing is written`, async () => {
      const archive = archiveOf(script, ...args);
      await Promise.all(['x', 'd', 'packed.tar'].map((name) => rm(at(name), { recursive: true, force: true })));
      const layout = await layoutOf([rawLayer('before.txt'), tarLayer(archive)]);
      await assert.rejects(readLayout({ path: layout }, at('out')), refused(message));
      await leftNothing(['made']);
    });

  it('with more after the end of their archive are refused', async () => {
    const layout = await layoutOf([tarLayer(Buffer.concat([archiveOf('touch a', 'a'), Buffer.alloc(2 ** 21)]))]);
    await assert.rejects(readLayout({ path: layout }, at('out')), refused(/after the end of the archive/));
  });

  it('with a device are refused', async () => {
    const archive = archiveOf('touch a', 'a');
    archive[156] = 0x33;
    // The sum over the header, in octal, with the place of the sum itself as spaces.
    archive.fill(' ', 148, 156);
    const sum = archive.subarray(0, 512).reduce((all, byte) => all + byte, 0);
    archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const layout = await layoutOf([tarLayer(archive)]);
    await assert.rejects(readLayout({ path: layout }, at('out')), refused(/got CharacterDevice/));
  });

  it('with names that lead out are refused', async () => {
    for (const path of ['../x', '/x', 'a\\b', '']) {
      const layout = await layoutOf([rawLayer(path)]);
      await assert.rejects(readLayout({ path: layout }, at('out')), refused(/^layer 1: want/));
      await rm(layout, { recursive: true });
    }
  });

  it('without a name are refused', async () => {
    const layout = await layoutOf([{ mediaType: 'application/octet-stream', bytes: Buffer.from('x') }]);
    await assert.rejects(readLayout({ path: layout }, at('out')), refused(/layer 1: want the path of its file/));
  });

  it('that unpack to more than may be are given up', async () => {
    const bomb = tarLayer(gzipSync(archiveOf('head -c 900000 /dev/zero > zeros', 'zeros')), '+gzip');
    const layout = await layoutOf([bomb]);
    const limits = { bytesMax: 2 ** 19, filesMax: 10 };
    await assert.rejects(readLayout({ path: layout }, at('out'), limits), { code: 'RESOURCE_EXHAUSTED' });
    await rm(layout, { recursive: true });
    const many = await layoutOf(Array.from({ length: 11 }, (_, index) => rawLayer(`f${index}`)));
    await assert.rejects(readLayout({ path: many }, at('out'), limits), { code: 'RESOURCE_EXHAUSTED' });
  });

  it('that are damaged are refused', async () => {
    const layout = await layoutOf([tarLayer(Buffer.from('no gzip'), '+gzip')]);
    await assert.rejects(readLayout({ path: layout }, at('out')), refused(/damaged/));
  });
});

describe('a layout that somebody has changed', () => {
  let layout: string;
  let blob: string;
  beforeEach(async () => {
    layout = at('layout');
    await writeLayout(sampleArtifact(), layout, 'v3');
    blob = join(layout, 'blobs/sha256', hash('sha256', 'the weights'));
  });
  const rejects = (message: RegExp) => assert.rejects(readLayout({ path: layout }, at('out')), refused(message));

  it('is refused where a bit of a blob is another', async () => {
    await writeFile(blob, 'the weighty');
    await rejects(/its bytes have another digest/);
    await leftNothing(['layout']);
  });
  it('is refused where a blob is longer, shorter or not there', async () => {
    await writeFile(blob, 'the weights and more');
    await rejects(/want 11 bytes, got more/);
    await writeFile(blob, 'the');
    await rejects(/want 11 bytes, got 3/);
    await rm(blob);
    await rejects(/is not there/);
  });
  it('is refused where a blob is a link or a pipe', async () => {
    await rm(blob);
    await writeFile(at('elsewhere'), 'the weights');
    await symlink(at('elsewhere'), blob);
    await rejects(/cannot be read/);
    await rm(blob);
    execFileSync('mkfifo', [blob]);
    await rejects(/want a file, got something else/);
  });
  it('is refused where its index names something else', async () => {
    const texts: readonly [string, RegExp][] = [
      ['{}', /index\.manifests: want a list/],
      ['[]', /index: want an object/],
      ['no JSON', /index: want JSON/],
      ['{"manifests":[]}', /found none/],
      ['{"manifests":[{"mediaType":"m","size":1,"digest":"sha256:../../x"}]}', /digest: want sha256/],
      [`{"manifests":[{"mediaType":"m","size":-1,"digest":"sha256:${'0'.repeat(64)}"}]}`, /size: want/],
    ];
    for (const [text, message] of texts) {
      await writeFile(join(layout, 'index.json'), text);
      await rejects(message);
    }
  });
  it('is refused where it is the image of a container', async () => {
    const image = await layoutOf([rawLayer('a')], ({ config }) => {
      Object.assign(config as object, { mediaType: 'application/vnd.oci.image.config.v1+json' });
    });
    await assert.rejects(readLayout({ path: image }, at('out')), refused(/got the image of a container/));
  });
  it('wants a tag where it holds more than one', async () => {
    await writeLayout(sampleArtifact({ 'model.onnx': 'other' }), at('second'), 'v4');
    await cp(at('second/blobs'), at('layout/blobs'), { recursive: true });
    const [one, two] = await Promise.all(
      ['layout', 'second'].map((name) => readFile(at(`${name}/index.json`), 'utf8')),
    );
    const manifests = [one, two].flatMap((text = '') => JSON.parse(text).manifests);
    await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    await rejects(/want one manifest, or a tag that says which, found "v3", "v4"/);
    await assert.rejects(readLayout({ path: layout, tag: 'v5' }, at('out')), refused(/with the tag "v5"/));
    await readLayout({ path: layout, tag: 'v4' }, at('out'));
    assert.deepEqual(await filesIn(at('out')), { 'model.onnx': 'other' });
  });
  it('is refused as an archive that holds anything else', async () => {
    for (const [script, name] of [
      ['touch x', 'x'],
      ['ln -s /etc/passwd index.json', 'index.json'],
      ['touch ../y', '../y'],
    ] as const) {
      await writeFile(at('evil.tar'), archiveOf(script, '-P', name));
      await assert.rejects(
        readLayout({ path: at('evil.tar') }, at('out')),
        refused(/want the files of an image layout/),
      );
    }
  });
});
