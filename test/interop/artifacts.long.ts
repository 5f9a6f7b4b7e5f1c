/** oras, and the registry of crane: what we push they pull, and the other way round. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { cache, make, root, run } from './stock-tools.ts';

const bin = (name: string) => join(cache, 'bin', name);
/** Where everything is required the test runs, and fails. */
const skip =
  (existsSync(bin('oras')) && existsSync(bin('crane'))) || process.env['SHEAF_INTEROP'] === 'required'
    ? false
    : 'oras and crane are not installed: run test/interop/install.sh';

/** A registry in memory, on a port that it finds itself. */
async function startRegistry(): Promise<{ readonly process: ChildProcess; readonly host: string }> {
  const process = spawn(bin('crane'), ['registry', 'serve', '--address', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: process.stderr })) {
    const [, port] = /serving on port (\d+)/.exec(line) ?? [];
    if (port !== undefined) return { process, host: `127.0.0.1:${port}` };
  }
  throw new Error('crane has ended');
}

describe('a version as an artifact', { skip }, () => {
  let folder: string;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  const at = (name: string) => join(folder, name);
  const sheaf = async (...args: readonly string[]): Promise<string> => {
    const { code, output } = await run(process.execPath, [
      join(root, 'apps/cli/src/main.ts'),
      'models',
      ...args,
      '--folder',
      at('mesh'),
    ]);
    assert.equal(code, 0, output);
    return output;
  };
  const digestIn = (output: string) => /sha256:[0-9a-f]{64}/.exec(output)?.[0];
  const model = sampleModels.scale(2);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-oras-'));
    await mkdir(at('mesh/models/pair/1/data'), { recursive: true });
    await writeFile(at('mesh/models/pair/1/model.onnx'), model);
    await writeFile(at('mesh/models/pair/1/data/labels.txt'), 'one\ntwo\n');
    registry = await startRegistry();
  });
  after(async () => {
    registry?.process.kill();
    if (registry) await once(registry.process, 'exit');
    await rm(folder, { recursive: true });
  });

  it('is pulled by oras as we pushed it, with its signature, and read from our layouts', async () => {
    await sheaf('keygen', at('key'));
    const digest = digestIn(await sheaf('push', 'pair', '--label', 'team=ink', '--private-key', at('key')));
    const reference = `${registry.host}/team/pair:v1`;
    await sheaf('push', 'pair/1', `oci://${reference}`);
    await sheaf('export', 'pair/1', at('layout'));
    await sheaf('export', 'pair/1', at('layout.tar'));
    for (const [place, ...from] of [
      ['registry', '--plain-http', reference],
      ['folder', '--oci-layout', `${at('layout')}:1`],
      ['archive', '--oci-layout', `${at('layout.tar')}:1`],
    ] as const) {
      await make(bin('oras'), ['pull', ...from, '-o', at(place)]);
      assert.deepEqual((await readdir(at(place))).sort(), ['data', 'model.onnx', 'model.sig']);
      assert.deepEqual(await readFile(join(at(place), 'model.onnx')), Buffer.from(model));
      await sheaf('verify', at(place), '--public-key', at('key.pub'));
    }
    // What goes out and comes back is the same version, labels and all.
    assert.equal(digestIn(await sheaf('pull', `oci://${reference}`, 'again')), digest);
    assert.equal(digestIn(await sheaf('import-layout', at('layout.tar'), 'third')), digest);
  });

  it('is pulled by us as oras pushed it: with types of ModelPack, without any, and as a folder', async () => {
    const source = at('mesh/models/pair/1');
    const oras = (tag: string, ...files: readonly string[]) =>
      make(bin('oras'), ['push', '--plain-http', `${registry.host}/oras/pair:${tag}`, ...files], source);
    await oras(
      'typed',
      '--artifact-type',
      'application/vnd.cncf.model.manifest.v1+json',
      'model.onnx:application/vnd.cncf.model.weight.v1.raw',
      'data/labels.txt:application/vnd.cncf.model.weight.config.v1.raw',
    );
    await oras('plain', 'model.onnx', 'data/labels.txt');
    await oras('packed', 'model.onnx', 'data');
    const digests = [];
    for (const tag of ['typed', 'plain', 'packed'])
      digests.push(digestIn(await sheaf('pull', `oci://${registry.host}/oras/pair:${tag}`, tag)));
    const [first] = digests;
    assert.deepEqual(digests, [first, first, first]);
    await sheaf('download', 'packed/1', at('downloaded'));
    assert.equal(await readFile(at('downloaded/data/labels.txt'), 'utf8'), 'one\ntwo\n');
    assert.deepEqual(await readFile(at('downloaded/model.onnx')), Buffer.from(model));
  });
});
