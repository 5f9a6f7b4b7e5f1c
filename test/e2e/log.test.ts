/** The log of a mesh as lines of JSON: whoever prints, however full its reader is, and at the level that an operator asks for. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createAdminClient } from '@sheaf/admin';
import { defaultLimits, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { createRemote, type Remote } from '@sheaf/transport';
import { ask, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const sheaf = fileURLToPath(new URL('../../apps/cli/bin/sheaf.js', import.meta.url));
/** Each of these at so many calls at once. */
const [calls, atOnce] = [2_500, 16];

/** It prints with each call, to standard output without an end of line. */
const loud = `import { defineTransform } from '@sheaf/inference';
export default defineTransform(
  { inputs: { x: { datatype: 'FP32', shape: [1, 2] } }, outputs: { x: { datatype: 'FP32', shape: [1, 2] } } },
  ({ x }) => {
    process.stdout.write('{"half": ');
    console.error('to standard error');
    return { x: { shape: [1, 2], data: x.data } };
  },
);
`;
const pipeline = `pipeline: both
inputs: { x: { datatype: FP32, shape: [1, 2] } }
stages: { printed: { transform: ./loud.ts, inputs: { x: x } } }
outputs: { y: printed.x }
`;

interface Line {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly process: string;
  readonly room: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

describe('sheaf up whose log would be JSON', () => {
  it('tells in JSON what kept it from opening that', async () => {
    for (const args of [
      ['--log', 'json', '--prot', '0'],
      ['--log=json', '--port', 'none'],
    ]) {
      const { code, stdout, stderr } = await runSheaf(['up', ...args]);
      assert.deepEqual([code, stderr], [2, '']);
      const { event, level, msg } = JSON.parse(stdout) as Line;
      assert.deepEqual([event, level], ['mesh.failed', 'error']);
      assert.match(msg, /--(prot|port)/);
    }
    const { stderr } = await runSheaf(['up', '--log', 'text', '--prot', '0']);
    assert.match(stderr, /^Unknown option '--prot'/);
  });
});

describe('sheaf up --log json', () => {
  let folder: string;
  let child: ChildProcessByStdio<null, Readable, Readable>;
  let text = '';
  let remote: Remote;
  let address = '';
  const lines = (): Line[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const linesOf = (event: string): Line[] => lines().filter((line) => line.event === event);
  const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));
  const setLevel = async (...options: string[]): Promise<void> => {
    const { code, stderr } = await runSheaf(['admin', 'log', ...options, '--address', address]);
    assert.equal(code, 0, stderr);
  };
  /** Answers the milliseconds that so many calls took. */
  const load = async (): Promise<number> => {
    const startedAt = performance.now();
    let left = calls;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await ask(remote, 'double', [x], { timeoutMs: 60_000 });
    };
    await Promise.all(Array.from({ length: atOnce }, caller));
    return performance.now() - startedAt;
  };

  before(async () => {
    folder = await writeFolder({
      'models/double': sampleModels.scale(2),
      'loud.ts': loud,
      'pipelines/both.yaml': pipeline,
    });
    const args = [sheaf, 'up', folder, '--port', '0', '--log', 'json'];
    child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => (text += chunk));
    child.stderr.resume();
    await waitFor(
      () => linesOf('mesh.up').length > 0,
      () => text,
      120_000,
    );
    [address = ''] = (linesOf('mesh.up')[0]?.['addresses'] ?? []) as string[];
    remote = createRemote(address, { service: 'gateway', limits: defaultLimits });
  });
  after(async () => {
    remote.close();
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
    await rm(folder, { recursive: true });
  });

  it('has a line for each event, with what it is, who tells it and when', () => {
    const ready = linesOf('process.ready');
    assert.deepEqual(ready.map(({ child: name }) => name).sort(), ['double', 'gateway', 'loud']);
    for (const { time, level, room, process: teller, msg } of ready) {
      assert.ok(Number.isFinite(Date.parse(time)));
      assert.deepEqual([level, room, teller], ['info', 'supervisor', 'sheaf']);
      assert.match(msg, /is ready, pid \d+, port \d+$/);
    }
  });

  it('wraps what others print, so that each line is JSON', async () => {
    await ask(remote, 'both', [x], { timeoutMs: 60_000 });
    await waitFor(
      () => linesOf('output.printed').some(({ msg }) => msg === 'to standard error'),
      () => text,
    );
    const [printed] = linesOf('output.printed').filter(({ msg }) => msg === 'to standard error');
    assert.deepEqual([printed?.['child'], printed?.['stream']], ['loud', 'stderr']);
  });

  it('tells of each call, with its trace, while an operator asks for that, in services too', async () => {
    await ask(remote, 'double', [x]);
    assert.equal(lines().filter(({ level }) => level === 'debug').length, 0);
    await setLevel('--level', 'debug', '--room', 'outbound', '--room', 'runtime', '--for', '10m');
    await waitFor(() => linesOf('log.level-set').length > 0);
    await ask(remote, 'double', [x]);
    await waitFor(
      () => linesOf('run.ended').length > 0 && linesOf('try.ended').length > 0,
      () => text,
    );
    const [tried, ran] = [linesOf('try.ended')[0], linesOf('run.ended')[0]];
    assert.deepEqual([tried?.process, tried?.room, ran?.process], ['gateway', 'outbound', 'double']);
    assert.match(String(ran?.['trace']), /^[0-9a-f]{32}$/);
    assert.equal(ran?.['trace'], tried?.['trace']);
    assert.equal(linesOf('call.ended').length, 0);
    const { stdout } = await runSheaf(['admin', 'log', '--address', address]);
    assert.match(stdout, /^outbound +debug +\d{4}-/m);
    assert.match(stdout, /^policies +info *$/m);
    await setLevel('--level', 'info');
    assert.doesNotMatch((await runSheaf(['admin', 'log', '--address', address])).stdout, /debug/);
  });

  it('costs dropped lines that are counted, and no call its time, while nobody reads it', async () => {
    await setLevel('--level', 'debug', '--for', '10m');
    const read = await load();
    child.stdout.pause();
    const unread = await load();
    const later = await load();
    child.stdout.resume();
    await waitFor(
      () => linesOf('log.dropped').length > 0,
      () => text.slice(-1_000),
      60_000,
    );
    assert.ok(Number(linesOf('log.dropped')[0]?.['lines']) > 0);
    // The lines of all processes go through the supervisor, of which the gateway tells.
    const client = createAdminClient(address, { metadata: {}, tls: undefined, timeoutMs: 30_000 });
    const dropped = async (): Promise<number> => {
      const { text: metrics } = await client.getMetrics({});
      return Number(
        /^sheaf_supervisor_log_lines_total\{.*result="dropped".*\} (\d+)$/m.exec(String(metrics))?.[1] ?? 0,
      );
    };
    await waitFor(
      async () => (await dropped()) > 0,
      () => 'no line is counted as dropped',
    );
    client.close();
    assert.ok(Math.min(unread, later) < 3 * read, `read ${read} ms, unread ${unread} and ${later} ms`);
    await setLevel('--level', 'info');
  });

  it('does not hinder the end of the mesh, whoever does not read it', async () => {
    child.stdout.pause();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });
});
