/** Every process of a mesh replaced while it serves, and what becomes of what cannot be. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { openState } from '@sheaf/store';
import { isConnectedTo, skipWithoutProc } from '../support/listening.ts';
import { type Files, writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { steadyClient, steadyLoad } from '../support/steady-client.ts';
import { waitFor } from '../support/wait-for.ts';

const asks = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['double'] }, async ({ x }, context) => {
  const { y } = await context.infer('double', { x: { datatype: 'FP32', ...x } });
  if (y?.datatype !== 'FP32') throw new Error('not a float');
  return { y };
});
`;
const files: Files = {
  'models/double': sampleModels.scale(2),
  'models/triple': sampleModels.scale(3),
  'asks.ts': asks,
  'pipelines/both.yaml': `pipeline: both
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  asked: { transform: ./asks.ts, inputs: { x: x } }
  last: { model: triple, inputs: { x: asked.y } }
outputs: { y: last.y }
`,
  'mesh.yaml': `gateway: { replicas: 2 }
services:
  pair: { models: [double], replicas: 2 }
`,
};
/** What a busy machine refuses since it has too much to do is not lost by a restart. */
const atOnceMax = 8;

async function up(of: Files): Promise<{ readonly mesh: RunningCommand; readonly folder: string }> {
  const folder = await writeFolder(of);
  const mesh = startSheaf(['up', folder, '--port', '0']);
  await waitFor(() => mesh.output().includes('the mesh is up'), mesh.output, 60_000);
  return { mesh, folder };
}

async function down(mesh: RunningCommand, folder: string): Promise<void> {
  mesh.kill('SIGINT');
  assert.equal((await mesh.ended).code, 0, mesh.output());
  await rm(folder, { recursive: true });
}

const portsIn = (output: string): readonly string[] =>
  [...output.matchAll(/^gateway(?:-\d)? is ready, pid \d+, port (\d+)/gm)].map(([, port]) => String(port));
const pidsIn = (output: string): readonly string[] =>
  [...output.matchAll(/ is ready(?: again)?, pid (\d+)/g)].map(([, pid]) => String(pid));

describe('a mesh of two gateways', () => {
  let mesh: RunningCommand;
  let folder: string;
  before(async () => {
    ({ mesh, folder } = await up(files));
  });
  after(() => down(mesh, folder));
  const restart = (...args: string[]) => runSheaf(['restart', ...args, '--folder', folder]);

  it('loses no call while every process of it is replaced, twice', { skip: skipWithoutProc }, async () => {
    const ports = portsIn(mesh.output());
    using client = steadyClient(ports);
    const under = steadyLoad(client, ['both', 'triple'], 20, atOnceMax);
    const rounds: string[] = [];
    for (let round = 0; round < 2; round++) {
      const { code, stdout, stderr } = await restart('--rolling');
      assert.deepEqual([code, stderr], [0, '']);
      rounds.push(stdout);
      // The client has to find the last gateway again before the first one goes.
      await waitFor(() => ports.every((port) => isConnectedTo(process.pid, Number(port))));
    }
    const outcomes = await under.stop();
    assert.deepEqual(
      outcomes.filter((outcome) => outcome !== 'OK'),
      [],
      `${outcomes.length} calls\n${mesh.output()}`,
    );
    const lines =
      'pair is restarted\ntriple is restarted\nasks is restarted\ngateway-1 is restarted\ngateway-2 is restarted\n';
    for (const told of rounds) assert.deepEqual(told.split('\n').toSorted(), lines.split('\n').toSorted());
    // Two gateways, a pair, two more: six processes at first, and in each round.
    assert.equal(new Set(pidsIn(mesh.output())).size, 18, mesh.output());
  });

  it('replaces what is named and nothing else', async () => {
    const before = pidsIn(mesh.output()).length;
    const { code, stdout } = await restart('--rolling', 'triple', 'gateway-2');
    assert.deepEqual([code, stdout], [0, 'triple is restarted\ngateway-2 is restarted\n']);
    assert.equal(pidsIn(mesh.output()).length, before + 2);
  });

  it('keeps it in its audit trail', async () => {
    const state = await openState(folder);
    const entries = await state.audit.entries(0, 10);
    await state.close();
    const restarts = entries.filter(({ action }) => action === 'restart');
    assert.equal(restarts.at(-1)?.detail, 'triple, gateway-2');
  });

  const mistakes: [string, string[], RegExp][] = [
    ['without --rolling', [], /^sheaf restart wants --rolling/],
    ['of a name that is none', ['--rolling', 'quadruple'], /^there is no service "quadruple" to restart; there are /],
  ];
  for (const [what, args, wanted] of mistakes)
    it(`refuses a restart ${what}`, async () => {
      const { code, stderr } = await restart(...args);
      assert.equal(code, 2);
      assert.match(stderr, wanted);
    });
});

describe('a mesh of one gateway', () => {
  it('leaves it as it is, and says why when it is named; where no mesh runs, that is told', async () => {
    const { mesh, folder } = await up({ 'models/double': sampleModels.scale(2) });
    const all = await runSheaf(['restart', '--rolling', '--folder', folder]);
    assert.equal(all.code, 0);
    assert.match(all.stdout, /^gateway is left as it is: it is the only one, .*\ndouble is restarted\n$/);
    const only = await runSheaf(['restart', '--rolling', 'gateway', '--folder', folder]);
    assert.deepEqual([only.code, only.stdout], [2, '']);
    assert.match(only.stderr, /one gateway, and calls would be lost without it: want gateway: \{ replicas: 2 \}/);
    mesh.kill('SIGINT');
    assert.equal((await mesh.ended).code, 0);
    const none = await runSheaf(['restart', '--rolling', '--folder', folder]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^no mesh runs from .* on this machine; sheaf up starts it\n$/);
    await rm(folder, { recursive: true });
  });
});
