/** Every way to end `npx sheaf up` that a person or a service manager has ends the mesh in order. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** It takes its time and no CPU, and a file that it makes says that it has begun. */
const waits = `import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { defineTransform } from '@sheaf/inference';
const scalar = { datatype: 'FP32', shape: [] } as const;
export default defineTransform({ inputs: { x: scalar }, outputs: { y: scalar } }, async ({ x }) => {
  await writeFile(new URL('begun', import.meta.url), '');
  await setTimeout(1_500);
  return { y: { shape: [], data: x.data.slice() } };
});
`;
const pipeline = `pipeline: patient
inputs: { x: { datatype: FP32, shape: [] } }
stages: { wait: { transform: ./waits.ts, inputs: { x: x } } }
outputs: { y: wait.y }
`;
const slowCall = {
  model_name: 'patient',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [] }],
  raw_input_contents: [Buffer.from(Float32Array.of(3).buffer)],
};

const parentOf = (pid: number): number => Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)]).toString());
const isGone = (pid: number): boolean => {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
};

let folder: string;
before(async () => {
  folder = await writeFolder({
    'pipelines/patient.yaml': pipeline,
    'waits.ts': waits,
    // It writes a file.
    'mesh.yaml': 'gateway: { port: 0, noticeMs: 0 }\nservices: { waits: { trusted: true } }\n',
  });
});
after(() => rm(folder, { recursive: true }));

interface Started {
  readonly npx: ChildProcess;
  /** What npx started, down to the process of sheaf itself. */
  readonly between: readonly number[];
  readonly sheaf: number;
  readonly output: () => string;
  /** Of the mesh's own processes. */
  readonly pids: readonly number[];
  readonly client: StockClient;
}

let started: Started | undefined;
afterEach(() => {
  started?.client[Symbol.dispose]();
  for (const pid of [started?.npx.pid, ...(started?.between ?? []), ...(started?.pids ?? [])])
    if (pid !== undefined && !isGone(pid)) process.kill(pid, 'SIGKILL');
});

/** A command line that has sheaf up somewhere in it, in a group of its own, as a shell gives it to what a person types. */
async function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const npx = spawn(command, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [npx.stdout, npx.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk));
  await waitFor(
    () => output.includes('the mesh is up'),
    () => output,
    60_000,
  );
  const pids = [...output.matchAll(/ is ready, pid (\d+)/g)].map(([, pid]) => Number(pid));
  const [, port] = /gateway is ready, pid \d+, port (\d+)/.exec(output) ?? [];
  const sheaf = parentOf(pids[0] ?? 0);
  const between: number[] = [sheaf];
  for (let pid = parentOf(sheaf); pid !== npx.pid && pid > 1; pid = parentOf(pid)) between.unshift(pid);
  return {
    npx,
    between,
    sheaf,
    pids: [...pids, sheaf],
    output: () => output,
    client: new StockClient(Number(port)),
  };
}
const startNpx = (env: NodeJS.ProcessEnv = {}): Promise<Started> => start('npx', ['sheaf', 'up', folder], env);

/** Ends it while a call is under way, which is answered, and leaves nothing behind. */
async function endsInOrder(mesh: Started, end: () => void): Promise<void> {
  started = mesh;
  const call = mesh.client.call('ModelInfer', slowCall, 60_000);
  const begun = join(folder, 'begun');
  await waitFor(() => existsSync(begun), mesh.output);
  await rm(begun);
  end();
  assert.equal((await call).code, 'OK', mesh.output());
  await waitFor(() => mesh.pids.every(isGone), mesh.output, 60_000);
}

describe('npx sheaf up', () => {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)
    it(`ends in order when npx gets ${signal}, whatever npm makes of it`, async () => {
      const mesh = await startNpx();
      await endsInOrder(mesh, () => mesh.npx.kill(signal));
    });

  it('ends in order when the shell between npm and it is ended', async () => {
    const mesh = await startNpx();
    // Where that hands itself over, sheaf is what npm started.
    await endsInOrder(mesh, () => process.kill(mesh.between[0] ?? 0, 'SIGTERM'));
  });

  it('takes a Ctrl-C that the whole group gets, and npm hands on once more, for one', async () => {
    // bash hands itself over to its last command, as sh does where it is bash.
    const mesh = await startNpx({ npm_config_script_shell: 'bash' });
    await endsInOrder(mesh, () => process.kill(-(mesh.npx.pid ?? 0), 'SIGINT'));
  });

  it('ends in order when its terminal is closed', async () => {
    const command = `npx sheaf up ${folder}`;
    const mesh = await start('script', ['--quiet', '--flush', '--command', command, '/dev/null']);
    await endsInOrder(mesh, () => mesh.npx.kill('SIGKILL'));
  });

  it('lives on in the background when the shell that started it has ended, until npx does', async () => {
    const mesh = await start('sh', ['-c', `npx sheaf up ${folder} & wait`]);
    started = mesh;
    mesh.npx.kill('SIGKILL');
    await once(mesh.npx, 'exit');
    // Longer than it would take to notice.
    await setTimeout(1_000);
    assert.equal((await mesh.client.call('ServerReady', {})).reply['ready'], true);
    const npx = mesh.between.find((pid) =>
      /npm/.test(execFileSync('ps', ['-o', 'args=', '-p', String(pid)]).toString()),
    );
    await endsInOrder(mesh, () => process.kill(npx ?? 0, 'SIGTERM'));
  });
});

/** A process is the first of its container only where the system lets us make one of those; users of it may be root or not. */
const alone = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const skipAlone =
  spawnSync('unshare', [...alone, 'true']).status === 0 ? false : 'no process namespace can be made here';

describe('sheaf up as the first process of a container', { skip: skipAlone }, () => {
  it('ends in order at SIGTERM, with exit code 0', async () => {
    const bin = join(root, 'apps/cli/bin/sheaf.js');
    const outer = spawn('unshare', [...alone, process.execPath, bin, 'up', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [outer.stdout, outer.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
    const exit = once(outer, 'exit');
    await waitFor(
      () => output.includes('the mesh is up'),
      () => output,
      60_000,
    );
    const [, port] = /gateway is ready, pid \d+, port (\d+)/.exec(output) ?? [];
    using client = new StockClient(Number(port));
    const call = client.call('ModelInfer', slowCall, 60_000);
    const begun = join(folder, 'begun');
    await waitFor(
      () => existsSync(begun),
      () => output,
    );
    await rm(begun);
    process.kill(Number(execFileSync('ps', ['-o', 'pid=', '--ppid', String(outer.pid)]).toString()), 'SIGTERM');
    assert.equal((await call).code, 'OK', output);
    assert.deepEqual(await exit, [0, null], output);
  });
});

describe('a second sheaf up of a folder', () => {
  it('says at once that it is up, by whom and where, and is none after the first was killed', async () => {
    const first = await startNpx();
    started = first;
    const { code, stderr } = await runSheaf(['up', folder]);
    assert.equal(code, 2);
    const [, address] = /the mesh is up: gRPC on (\S+);/.exec(first.output()) ?? [];
    assert.equal(
      stderr,
      `the mesh of ${folder} is up already, on ${address}, pid ${first.sheaf}; Ctrl-C there or "kill ${first.sheaf}" ends it; --port <n> starts another one beside it\n`,
    );
    process.kill(first.sheaf, 'SIGKILL');
    await waitFor(() => first.pids.every(isGone), first.output, 30_000);
    const second = await startNpx();
    await endsInOrder(second, () => process.kill(second.sheaf, 'SIGINT'));
  });
});
