/** A folder that changes slowly under `sheaf up --watch`, as people and tools copy into it. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const everybody = (models: string): string =>
  `identity: { anonymous: { tenant: all, roles: [infer], models: ${models} } }\n`;
/** While much else runs on the machine. */
const withinMs = 120_000;

describe('a model that is copied slowly into a mesh that runs', () => {
  it('is taken up when it is whole; until then what was there answers, and a right that is taken away is gone', async () => {
    const model = sampleModels.scale(7);
    const half = model.length >> 1;
    const folder = await writeFolder({
      'models/grows': sampleModels.scale(2),
      'models/other': sampleModels.scale(3),
      'policies.yaml': everybody('["*"]'),
    });
    const command = startSheaf(['up', folder, '--port', '0', '--watch']);
    const said = (text: string, times = 1) =>
      waitFor(() => command.output().split(text).length > times, command.output, withinMs);
    const upLine = /the mesh is up: gRPC on (\S+);/;
    await waitFor(() => upLine.test(command.output()), command.output, withinMs);
    const address = upLine.exec(command.output())?.[1] ?? '';
    const ask = async (name: string, ...more: string[]): Promise<string> => {
      const { stdout, stderr } = await runSheaf(['infer', name, '[[1, 1]]', '--json', ...more, '--address', address]);
      return stdout === '' ? stderr : String(JSON.parse(stdout).outputs[0].data);
    };
    assert.deepEqual([await ask('grows'), await ask('other')], ['2,2', '3,3']);

    // A new version comes, and the one that is served is written over; neither is whole yet.
    const [version, served] = [join(folder, 'models/grows/2'), join(folder, 'models/other/1/model.onnx')];
    await mkdir(version);
    await writeFile(join(version, 'model.onnx'), model.subarray(0, half));
    await writeFile(served, model.subarray(0, half));
    await writeFile(join(folder, 'policies.yaml'), everybody('[grows]'));
    await said('model other is served as it was before');
    assert.equal(await ask('grows'), '2,2');
    assert.match(await ask('other'), /there is no model or pipeline "other"/);

    await appendFile(join(version, 'model.onnx'), model.subarray(half));
    await appendFile(served, model.subarray(half));
    await writeFile(join(folder, 'policies.yaml'), everybody('["*"]'));
    await said('the folder is again what the mesh serves');
    assert.deepEqual(
      [await ask('grows'), await ask('grows', '--version', '1'), await ask('other')],
      ['7,7', '2,2', '7,7'],
    );
    command.kill('SIGTERM');
    assert.equal((await command.ended).code, 0, command.output());
    await rm(folder, { recursive: true });
  });
});

describe('a folder that is taken away from a mesh that runs', () => {
  it('is told, and what was there answers until there is one again, which is taken up', async () => {
    const folder = await writeFolder({ 'models/m': sampleModels.scale(2) });
    const next = await writeFolder({ 'models/m': sampleModels.scale(5) });
    const command = startSheaf(['up', folder, '--port', '0', '--watch']);
    const upLine = /the mesh is up: gRPC on (\S+);/;
    await waitFor(() => upLine.test(command.output()), command.output, withinMs);
    const address = upLine.exec(command.output())?.[1] ?? '';
    const ask = async (): Promise<string> => {
      const { stdout, stderr } = await runSheaf(['infer', 'm', '[[1, 1]]', '--json', '--address', address]);
      return stdout === '' ? stderr : String(JSON.parse(stdout).outputs[0].data);
    };
    await rename(folder, `${folder}-away`);
    await waitFor(() => /want a mesh folder, found none/.test(command.output()), command.output, withinMs);
    assert.equal(await ask(), '2,2');
    await rename(next, folder);
    await waitFor(async () => (await ask()) === '5,5', command.output, withinMs);
    command.kill('SIGTERM');
    assert.equal((await command.ended).code, 0, command.output());
    await Promise.all([folder, `${folder}-away`].map((path) => rm(path, { recursive: true })));
  });
});
