/** Folders as people and platforms have them: mounted by Kubernetes, read-only, of nobody in particular, with a name that is no ASCII. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, numbersOf } from '../support/caller.ts';
import { type RunningCommand, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const startMs = 120_000;

async function isUp(command: RunningCommand): Promise<Caller> {
  const port = (): string | undefined => /the mesh is up: gRPC on 127\.0\.0\.1:(\d+)/.exec(command.output())?.[1];
  await waitFor(() => port() !== undefined, command.output, startMs);
  return new Caller(Number(port()));
}

async function down(command: RunningCommand): Promise<void> {
  command.kill('SIGINT');
  assert.equal((await command.ended).code, 0, command.output());
}

type Mounted = Readonly<Record<string, string | Uint8Array>>;

/** Writes files into a folder as Kubernetes mounts a ConfigMap or a Secret: links through one that is swapped. */
async function mountConfig(folder: string, version: string, files: Mounted): Promise<void> {
  const data = join(folder, `..${version}`);
  await mkdir(data, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(data, name), content);
    // Fails where it is there already, as it is then what it should be.
    await symlink(join('..data', name), join(folder, name)).catch(() => {});
  }
  await symlink(`..${version}`, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
}

const everybody = (models: string): string =>
  `identity: { anonymous: { tenant: all, roles: [infer], models: ${models} } }\n`;
const asking = (model: string): string => `pipeline: asks
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { model: ${model}, inputs: { x: x } } }
outputs: { y: only.y }
`;

describe('a folder that Kubernetes has mounted', () => {
  it('is taken up when it is swapped: policies, pipelines and models', { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-mounted-'));
    const model = join(folder, 'models/other/1');
    await mkdir(join(folder, 'models/own/1'), { recursive: true });
    await writeFile(join(folder, 'models/own/1/model.onnx'), sampleModels.scale(2));
    await mkdir(model, { recursive: true });
    await mountConfig(model, '1', { 'model.onnx': sampleModels.scale(3) });
    await mkdir(join(folder, 'pipelines'));
    await mountConfig(join(folder, 'pipelines'), '1', { 'asks.yaml': asking('own') });
    await mountConfig(folder, '1', { 'policies.yaml': everybody('["*"]') });
    const command = startSheaf(['up', folder, '--port', '0', '--watch']);
    try {
      using caller = await isUp(command);
      const first = async (name: string): Promise<number | string> => {
        const told = await caller.infer(name);
        return told.code === 'OK' ? (numbersOf(told)[0] ?? 0) : told.code;
      };
      const becomes = async (name: string, wanted: number | string): Promise<void> => {
        let last: unknown;
        const hasBecome = async (): Promise<boolean> => {
          last = await first(name);
          return last === wanted;
        };
        await waitFor(hasBecome, () => `${name}: ${last}\n${command.output()}`, startMs);
      };
      await becomes('asks', 2);
      await becomes('other', 3);
      await mountConfig(join(folder, 'pipelines'), '2', { 'asks.yaml': asking('other') });
      await becomes('asks', 3);
      await mountConfig(model, '2', { 'model.onnx': sampleModels.scale(30) });
      await becomes('other', 30);
      await mountConfig(folder, '2', { 'policies.yaml': everybody('[asks]') });
      await becomes('other', 'NOT_FOUND');
      assert.equal(await first('asks'), 30);
    } finally {
      await down(command);
      await rm(folder, { recursive: true });
    }
  });
});

describe('a folder that is read-only, of a user without a home, with letters of any language in its name', () => {
  it('is served', { timeout: 600_000 }, async () => {
    const parent = await mkdtemp(join(tmpdir(), 'sheaf-place-'));
    const folder = join(parent, 'ü work', '模型 #1');
    const files = { 'models/own/1/model.onnx': sampleModels.scale(2), 'pipelines/asks.yaml': asking('own') };
    const folders = new Set([parent, dirname(folder), folder]);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content, { mode: 0o444 });
      for (let at = dirname(join(folder, path)); at !== folder; at = dirname(at)) folders.add(at);
    }
    // Those who may write anything, as root may, start it as somebody who may not.
    const isRoot = process.getuid?.() === 0;
    const nobody = 65_534;
    for (const path of folders) {
      if (isRoot) await chown(path, 0, 0);
      await chmod(path, 0o555);
    }
    const { HOME: _, ...env } = process.env;
    const user = isRoot ? { uid: nobody, gid: nobody } : {};
    const command = startSheaf(['up', folder, '--port', '0', '--watch'], undefined, { ...user, env });
    try {
      using caller = await isUp(command);
      for (const name of ['own', 'asks'])
        assert.deepEqual(numbersOf(await caller.infer(name)), [2, 2], command.output());
      assert.match(command.output(), /sheaf restart cannot reach this mesh: E(ACCES|ROFS)/);
    } finally {
      await down(command);
      for (const path of folders) await chmod(path, 0o755);
      await rm(parent, { recursive: true });
    }
  });
});
