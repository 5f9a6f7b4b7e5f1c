/** `sheaf top` at a terminal that is real, over a mesh that is asked: one mesh is started for all of it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const sheaf = fileURLToPath(new URL('../../apps/cli/bin/sheaf.js', import.meta.url));
const pipeline = `pipeline: once
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  a: { model: double, inputs: { x: x } }
outputs: { y: a.y }
`;

let folder: string;
let mesh: RunningCommand;
let address: string;
let caller: Caller;
let isAsking = true;
let asking: Promise<void>;

/** One call after the other, half of them for the pipeline, until the test is over. */
async function ask(): Promise<void> {
  while (isAsking) {
    const { code } = await caller.infer('once');
    // The gateway is lost in the last test.
    if (code !== 'OK') await new Promise((resolve) => setTimeout(resolve, 20));
    await caller.infer('double');
  }
}

before(async () => {
  folder = await writeFolder({ 'models/double': sampleModels.scale(2), 'pipelines/once.yaml': pipeline });
  mesh = startSheaf(['up', folder, '--port', '0']);
  const line = /the mesh is up: gRPC on (\S+);/;
  await waitFor(() => line.test(mesh.output()), mesh.output, 120_000);
  address = line.exec(mesh.output())?.[1] ?? '';
  caller = new Caller(Number(address.split(':').at(-1)));
  asking = ask();
});
after(async () => {
  isAsking = false;
  await asking;
  caller[Symbol.dispose]();
  mesh.kill('SIGINT');
  await mesh.ended;
  await rm(folder, { recursive: true });
});

interface TerminalRun extends Disposable {
  readonly child: ChildProcess;
  /** All that was written to the terminal. */
  readonly written: () => string;
  /** The lines of the last picture, without what moves the cursor or gives colours. */
  readonly picture: () => readonly string[];
  readonly press: (keys: string) => void;
  readonly pid: () => number;
}

const enter = '\x1b[?1049h';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** `script` gives the command a terminal of its own, of 80 columns and 24 rows; afterwards the shell tells how the terminal is set. */
function atTerminal(
  env: NodeJS.ProcessEnv = {},
  from = (top: string) => `sh -c 'echo pid=$$; exec ${top}'`,
): TerminalRun {
  const top = `${process.execPath} ${sheaf} top --address ${address} --interval 1`;
  const command = `stty cols 80 rows 24; stty -g; ${from(top)}; echo ended=$?; stty -g`;
  // Whoever runs the tests may force colours, which would count more than NO_COLOR.
  const { FORCE_COLOR: _, ...own } = process.env;
  const child = spawn('script', ['-qfc', command, '/dev/null'], {
    env: { ...own, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  const picture = () => {
    const last = output.slice(0, output.lastIndexOf('\x1b[J')).split('\x1b[H').at(-1) ?? '';
    return stripVTControlCharacters(last).split(/\r+\n/);
  };
  return {
    child,
    written: () => output,
    picture,
    press: (keys) => child.stdin.write(keys),
    pid: () => Number(/pid=(\d+)/.exec(output)?.[1]),
    [Symbol.dispose]: () => void child.kill(),
  };
}

/** The terminal is as it was: what was switched on is off, and its settings are those from before. */
async function assertRestored({ child, written }: TerminalRun, code: string): Promise<void> {
  if (child.exitCode === null) await once(child, 'close');
  const text = written();
  assert.ok(text.includes(enter), text);
  const after = text.slice(text.lastIndexOf(leave));
  assert.ok(after.startsWith(leave), JSON.stringify(text.slice(-300)));
  assert.match(after, new RegExp(`ended=${code}\r`));
  const settings = text.match(/^[0-9a-f]+(?::[0-9a-f]+){10,}\r$/gm) ?? [];
  assert.equal(settings.length, 2, JSON.stringify(settings));
  assert.equal(settings[0], settings[1]);
}

const row = (lines: readonly string[], name: string): string[] =>
  (lines.find((line) => new RegExp(`^[> ] ${name} `).test(line)) ?? '').slice(2).trim().split(/ +/);

/** A picture with rates, of a mesh that is asked. */
const isLive = ({ picture }: TerminalRun): boolean =>
  // A fast machine has 1.7k calls a second.
  Number.parseFloat(row(picture(), 'once')[2] ?? '') > 0 && Number.parseFloat(row(picture(), 'double')[3] ?? '') > 0;
const told =
  ({ written }: TerminalRun) =>
  () =>
    JSON.stringify(written().slice(-2_000));

describe('sheaf top at a terminal', () => {
  it('shows what a mesh does in 80 columns of 24 rows, heeds keys, and gives the terminal back', async () => {
    using run = atTerminal();
    await waitFor(() => isLive(run), told(run), 120_000);
    assert.equal(run.picture().length, 24);
    for (const line of run.picture()) assert.ok(line.length <= 80, JSON.stringify(line));
    assert.equal(row(run.picture(), 'once')[1], 'ok');
    assert.equal(row(run.picture(), 'gateway')[1], '1/1');
    // Into the busiest row, which is the model that the pipeline asks too.
    run.press('\r');
    await waitFor(() => run.picture().some((line) => line.startsWith('double/1')), told(run));
    run.press('\x7f');
    await waitFor(() => row(run.picture(), 'gateway').length > 1, told(run));
    run.press('/onc\r');
    await waitFor(() => row(run.picture(), 'double').length < 2, told(run));
    run.press('p');
    await waitFor(() => run.picture()[0]?.endsWith('paused') === true, told(run));
    run.press('q');
    await assertRestored(run, '0');
  });

  it('gives it back at Ctrl-C, and at SIGTERM and SIGHUP, of which it ends', async () => {
    using one = atTerminal();
    using other = atTerminal();
    using third = atTerminal();
    await waitFor(() => [one, other, third].every(({ written }) => written().includes(enter)), told(one), 120_000);
    one.press('\x03');
    process.kill(other.pid(), 'SIGTERM');
    process.kill(third.pid(), 'SIGHUP');
    await assertRestored(one, '0');
    await assertRestored(other, '143');
    await assertRestored(third, '129');
  });

  it('gives it back where an error ends it, and what that says stands in the shell', async () => {
    const hook = await writeFolder({
      'hook.cjs': "process.on('SIGUSR2', () => { throw new Error('nobody foresaw this'); });\n",
    });
    using run = atTerminal({ NODE_OPTIONS: `--require=${hook}/hook.cjs` });
    await waitFor(() => run.written().includes(enter), told(run), 120_000);
    process.kill(run.pid(), 'SIGUSR2');
    await assertRestored(run, '1');
    assert.ok(run.written().split(leave).at(-1)?.includes('Error: nobody foresaw this'), told(run)());
    await rm(hook, { recursive: true });
  });

  it('gives it to the shell at Ctrl-Z, and takes it again', async () => {
    using run = atTerminal({}, (top) => `bash -c 'set -m; ${top}; echo stopped=$?; fg'`);
    await waitFor(() => run.written().includes(enter), told(run), 120_000);
    run.press('\x1a');
    const isBack = (): boolean => {
      const [before = '', after] = run.written().split('stopped=148');
      return before.includes(leave) && after?.includes(enter) === true;
    };
    await waitFor(isBack, told(run));
    run.press('q');
    await assertRestored(run, '0');
  });

  it('goes on at Ctrl-Z where no shell could have it go on', async () => {
    using run = atTerminal();
    await waitFor(() => run.written().includes(enter), told(run), 120_000);
    run.press('\x1a');
    await waitFor(() => run.written().split(enter).length === 3, told(run));
    run.press('q');
    await assertRestored(run, '0');
  });

  it('has no colours where NO_COLOR says so', async () => {
    using run = atTerminal({ NO_COLOR: '1' });
    await waitFor(() => isLive(run), told(run), 120_000);
    // As bold and all colours begin and end.
    assert.ok(!/\[\d+m/.test(run.written()), told(run)());
    run.press('q');
    await assertRestored(run, '0');
  });
});

describe('sheaf top where there is no terminal', () => {
  it('prints one table, and JSON for scripts', async () => {
    const plain = await runSheaf(['top', '--address', address, '--interval', '1']);
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(plain.stdout, /^once +ok +[\d.]+k? /m);
    assert.ok(!plain.stdout.includes('\x1b'));
    const { code, stdout, stderr } = await runSheaf(['top', '--once', '--json', '--address', address]);
    assert.equal(code, 0, stderr);
    const { names, services } = JSON.parse(stdout);
    assert.deepEqual(
      names.map(({ name, kind }: { name: string; kind: string }) => [name, kind]),
      [
        ['double', 'model'],
        ['once', 'pipeline'],
      ],
    );
    assert.ok(names[0].runsPerSecond > names[0].callsPerSecond, stdout);
    assert.ok(
      services.every(({ memoryBytes }: { memoryBytes: number }) => memoryBytes > 0),
      stdout,
    );
  });

  it('says in a sentence that nobody is there', async () => {
    const { code, stderr } = await runSheaf(['top', '--once', '--address', '127.0.0.1:1']);
    assert.equal(code, 2);
    assert.match(stderr, /is the mesh up\?/);
  });
});

describe('sheaf top whose gateway is lost', () => {
  it('says so, and goes on trying', async () => {
    using run = atTerminal();
    await waitFor(() => isLive(run), told(run), 120_000);
    mesh.kill('SIGINT');
    await waitFor(() => /trying again: /.test(run.picture()[0] ?? ''), told(run), 120_000);
    await mesh.ended;
    mesh = startSheaf(['up', folder, '--port', address.split(':').at(-1) ?? '']);
    await waitFor(() => / of \d/.test(run.picture()[0] ?? '') && isLive(run), told(run), 120_000);
    run.press('q');
    await assertRestored(run, '0');
  });
});
