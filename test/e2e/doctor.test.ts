/** `sheaf doctor` asks a real mesh: one that is well, and one with faults that were brought about. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { writeFolder } from '../support/mesh-folder.ts';
import { type Ended, type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

interface Finding {
  readonly severity: string;
  readonly check: string;
  readonly seen: string;
  readonly todo: string;
}

const upWithinMs = 120_000;
/** What a machine that runs tests may lack is not of the mesh. */
const ofTheMachine = ['threads', 'memory', 'disks', 'watches', 'openFiles', 'memoryLimits'];

async function up(folder: string, env: NodeJS.ProcessEnv = process.env): Promise<RunningCommand> {
  const command = startSheaf(['up', folder, '--port', '0'], undefined, { env });
  await waitFor(() => /the mesh is up: /.test(command.output()), command.output, upWithinMs);
  return command;
}

const findingsIn = ({ stdout, stderr }: Ended): Finding[] => {
  assert.equal(stderr, '');
  return (JSON.parse(stdout) as Finding[]).filter(({ check }) => !ofTheMachine.includes(check));
};

async function down(command: RunningCommand): Promise<void> {
  command.kill('SIGINT');
  await command.ended;
}

describe('sheaf doctor', () => {
  it('has nothing but notes for an example', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'sheaf-doctor-')), 'mesh');
    assert.equal((await runSheaf(['init', folder])).code, 0);
    const mesh = await up(folder);
    const found = findingsIn(await runSheaf(['doctor', folder, '--json']));
    assert.deepEqual(
      found.filter(({ severity }) => severity !== 'note'),
      [],
    );
    await down(mesh);
    await rm(dirname(folder), { recursive: true });
  });

  describe('of a mesh with faults', () => {
    let folder: string;
    let mesh: RunningCommand;
    let key: string;
    const look = (...args: string[]): Promise<Ended> => runSheaf(['doctor', folder, '--key', key, ...args]);
    before(async () => {
      folder = await writeFolder({
        'models/good': sampleModels.scale(2),
        'models/alone': sampleModels.scale(2),
        'models/alone/model.yaml': 'batching: false\n',
        'policies.yaml':
          'accessLog: { calls: all, file: ./logs/calls.log }\nlimits: [{ name: burst, rate: 1/h, burst: 2 }]\n',
      });
      mesh = await up(folder, { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
      key = (await runSheaf(['keys', 'create', folder, '--tenant', 'ops', '--role', 'admin'])).stdout.trim();
    });
    after(async () => {
      await down(mesh);
      await rm(folder, { recursive: true });
    });

    it('finds each, the most important first, and its exit code is 1', async () => {
      const address = /gRPC on (\S+?);/.exec(mesh.output())?.[1] ?? '';
      const force = ['admin', 'breaker', '--force', 'open', '--model', 'good', '--address', address, '--key', key];
      let forced: Ended | undefined;
      // A gateway reads keys that are new once a second.
      await waitFor(
        async () => {
          forced = await runSheaf(force);
          return forced.code === 0;
        },
        () => `${forced?.stdout}${forced?.stderr}`,
      );
      await mkdir(join(folder, 'models/late/1'), { recursive: true });
      await writeFile(join(folder, 'models/late/1/model.onnx'), sampleModels.scale(3));
      const ended = await look('--json');
      assert.equal(ended.code, 1, ended.stderr);
      const found = findingsIn(ended);
      const severities = found.map(({ severity }) => severity);
      const order = ['error', 'warning', 'note'];
      assert.deepEqual(
        severities,
        [...severities].sort((one, other) => order.indexOf(one) - order.indexOf(other)),
      );
      const seen = new Map(found.map((one) => [one.check, one]));
      assert.match(seen.get('breakersOpen')?.seen ?? '', /breaker of good .* is forced open/);
      assert.match(seen.get('accessLog')?.seen ?? '', /access log cannot be written: .*ENOENT/);
      assert.match(seen.get('reloadPending')?.seen ?? '', /: late$/);
      assert.match(seen.get('unbatched')?.seen ?? '', /^model alone is not batched/);
      assert.deepEqual([...seen.keys()].sort(), ['accessLog', 'breakersOpen', 'reloadPending', 'unbatched']);
    });

    it('says what it found and what to do in one line each, and asks whoever is named', async () => {
      const { stdout } = await look();
      assert.match(stdout, /^error: the breaker of good .* -> sheaf admin breaker --force auto --model good$/m);
      const other = await look('--address', '127.0.0.1:9');
      assert.match(other.stdout, /^error: no gateway answers at 127\.0\.0\.1:9: /m);
      assert.equal(other.code, 1);
    });
  });
});
