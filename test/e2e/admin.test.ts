/** A mesh that is looked after while it runs: keys, what is in force, limits, reload, the record of changes, drain. Long, since one mesh is started for all of it. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { openState } from '@sheaf/store';
import { Caller } from '../support/caller.ts';
import { writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const policies = `limits:
  - { name: burst, rate: 6/h, burst: 50, per: [tenant] }
`;
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
const keys = new Map<string, string>();

const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
const admin = (role: string, ...args: string[]) =>
  runSheaf(['admin', ...args, '--address', address, '--key', keys.get(role) ?? '']);
const infer = (key: string, model = 'double') =>
  runSheaf(['infer', model, '[[1, 2]]', '--json', '--address', address, '--key', key]);

async function createKey(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runSheaf(['keys', 'create', folder, ...args]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^sheaf_[a-z2-7]{12}_[\w-]{43}\n$/);
  return stdout.trim();
}
/** Whether the gateway takes a key for one that counts, whatever it may do. Asked by what no limit counts. */
const isKnown = async (key: string): Promise<boolean> => {
  const asked = caller.call('/inference.GRPCInferenceService/ModelMetadata', { name: 'double' }, { 'x-api-key': key });
  return (await asked).code !== 'UNAUTHENTICATED';
};
const untilKnown = (key: string): Promise<void> => waitFor(() => isKnown(key), mesh.output);
const idOf = (key: string): string => key.split('_')[1] ?? '';

async function json(role: string, ...args: string[]) {
  const { code, stdout, stderr } = await admin(role, ...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

before(async () => {
  folder = await writeFolder({
    'models/double': sampleModels.scale(2),
    'pipelines/once.yaml': pipeline,
    'policies.yaml': policies,
    'mesh.yaml': 'limits: { rankMax: 8 }\n',
  });
  // Before anything runs.
  keys.set('observe', await createKey('--tenant', 'watchers', '--role', 'observe'));
  mesh = startSheaf(['up', folder, '--port', '0']);
  const line = /the mesh is up: gRPC on (\S+);/;
  await waitFor(() => line.test(mesh.output()), mesh.output);
  address = line.exec(mesh.output())?.[1] ?? '';
  // While it runs.
  keys.set('admin', await createKey('--tenant', 'ops', '--role', 'admin', '--note', 'for the tests'));
  keys.set('infer', await createKey('--tenant', 'acme', '--expires', '30d', '--models', 'd*,once'));
  caller = new Caller(Number(address.split(':').at(-1)));
  for (const key of keys.values()) await untilKnown(key);
});
after(async () => {
  caller[Symbol.dispose]();
  mesh.kill('SIGINT');
  await mesh.ended;
  await rm(folder, { recursive: true });
});

describe('keys of a mesh that runs', () => {
  it('count within a second, and stop when they are revoked', async () => {
    const { code, stderr } = await infer(keys.get('infer') ?? '');
    assert.equal(code, 0, stderr);
    const short = await createKey('--tenant', 'acme');
    await untilKnown(short);
    assert.equal((await infer(short)).code, 0);
    assert.deepEqual(await runSheaf(['keys', 'revoke', idOf(short), folder]), {
      code: 0,
      stdout: `key ${idOf(short)} of tenant acme is revoked\n`,
      stderr: '',
    });
    await waitFor(async () => !(await isKnown(short)), mesh.output);
    const refused = await infer(short);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^the API key is not valid \(--key, or SHEAF_API_KEY/);
    const again = await runSheaf(['keys', 'revoke', idOf(short), folder]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /^key \w+ was revoked on /);
  });

  it('are listed with what expires when, and without their secrets', async () => {
    for (const args of [[], ['--json']]) {
      const { stdout } = await runSheaf(['keys', 'list', folder, ...args]);
      for (const key of keys.values()) {
        assert.ok(stdout.includes(idOf(key)));
        assert.ok(!stdout.includes(key.split('_').slice(2).join('_')));
      }
      assert.doesNotMatch(stdout, /[0-9a-f]{64}/);
    }
    const { stdout } = await runSheaf(['keys', 'list', folder]);
    assert.match(stdout, /acme +infer +d\*, once +standard +\S+ +\S+ +expires \d{4}-/);
    assert.match(stdout, /ops +admin +\* +standard +\S+ +(never|\d{4}-\S+) +never expires +for the tests$/m);
    assert.match(stdout, / revoked \d{4}-/);
  });
});

describe('administration', () => {
  it('is for those who have the role', async () => {
    const asked = async (role: string, ...actions: string[]) =>
      new Set(
        (await Promise.all(actions.map((action) => admin(role, action)))).map(
          ({ code, stderr }) => `${code} ${stderr}`,
        ),
      );
    assert.deepEqual(
      await asked('infer', 'config', 'limits', 'audit'),
      new Set(['2 this method wants the role observe\n']),
    );
    for (const role of ['infer', 'observe'])
      assert.deepEqual(await asked(role, 'reload', 'drain'), new Set(['2 this method wants the role admin\n']));
    for (const role of ['observe', 'admin'])
      assert.deepEqual(await asked(role, 'config', 'limits', 'audit'), new Set(['0 ']));
    const nobody = await runSheaf(['admin', 'config', '--address', address]);
    assert.deepEqual([nobody.code, nobody.stdout], [2, '']);
    assert.match((await infer(keys.get('admin') ?? '')).stderr, /^this method wants the role infer\n$/);
  });

  it('tells what is in force, and nothing secret', async () => {
    const told = await json('observe', 'config');
    assert.deepEqual([told.limits.rankMax, told.gateway.tls], [8, null]);
    assert.ok(told.limits.bytesInFlightMax >= 2 ** 28, told.limits.bytesInFlightMax);
    // The question itself, and nothing else.
    assert.ok(told.gateway.bytesInFlight < 1024, told.gateway.bytesInFlight);
    const [{ digest, ...once }, ...others] = told.pipelines;
    assert.deepEqual([once, others], [{ name: 'once', version: '1', file: 'pipelines/once.yaml', ready: true }, []]);
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual([told.services[0].name, told.services[0].endpoints[0].ready], ['double', true]);
    assert.deepEqual(
      told.policies.limits.map(({ name }: { name: string }) => name),
      ['burst'],
    );
    const text = JSON.stringify(told);
    assert.ok(!text.includes(folder));
    assert.doesNotMatch(text, /secret/i);
    const { stdout } = await admin('observe', 'config');
    assert.match(stdout, /^once +1 +ready$/m);
    assert.match(stdout, /^double +double +127\.0\.0\.1:\d+ +ready$/m);
  });

  it('tells how limits stand', async () => {
    await infer(keys.get('infer') ?? '');
    const [burst] = await json('observe', 'limits');
    assert.equal(burst.policy, '"burst";q=50;w=30000;qu="requests"');
    const [bucket] = burst.buckets;
    assert.deepEqual(bucket.whose, { tenant: 'acme' });
    assert.ok(bucket.remaining >= 40 && bucket.remaining < 50, JSON.stringify(bucket));
    assert.match((await admin('observe', 'limits')).stdout, /^burst +"burst"\S+ +tenant acme +4[0-9.]+ +\d+ min$/m);
  });
});

describe('breakers for operators', () => {
  const breakers = async () => json('observe', 'breakers');
  const force = (...args: string[]) => admin('admin', 'breaker', ...args);

  it('are listed once calls have used them', async () => {
    await infer(keys.get('infer') ?? '');
    const [breaker, ...others] = await breakers();
    assert.deepEqual(others, []);
    const { service, endpoint, model, version, state, sinceMs, calls, failures } = breaker;
    assert.deepEqual([service, model, version, state, failures], ['double', 'double', '1', 'closed', 0]);
    assert.match(endpoint, /^127\.0\.0\.1:\d+$/);
    assert.ok(calls >= 1 && sinceMs > 0 && sinceMs <= Date.now(), JSON.stringify(breaker));
    assert.match(
      (await admin('observe', 'breakers')).stdout,
      /^double\/1 +127\.0\.0\.1:\d+ +double +closed +\S+ +0 of \d+$/m,
    );
  });

  it('are forced open, closed and back, by the role admin only', async () => {
    const refused = await admin('observe', 'breaker', '--model', 'double', '--force', 'open');
    assert.deepEqual([refused.code, refused.stderr], [2, 'this method wants the role admin\n']);
    const forced = await force('--model', 'double', '--force', 'open');
    assert.equal(forced.code, 0, forced.stderr);
    assert.match(forced.stdout, /^double\/1 .* forced-open /m);
    assert.equal((await breakers())[0].state, 'forced-open');
    const { code, stderr } = await infer(keys.get('infer') ?? '');
    assert.deepEqual([code, /"double" version 1 has been stopped by an operator/.test(stderr)], [2, true], stderr);
    const { endpoint } = (await breakers())[0];
    await force('--endpoint', endpoint, '--model', 'double/1', '--force', 'closed');
    assert.equal((await breakers())[0].state, 'forced-closed');
    assert.equal((await infer(keys.get('infer') ?? '')).code, 0);
    await force('--service', 'double', '--force', 'auto');
    assert.equal((await breakers())[0].state, 'closed');
  });

  it('are not forced where a name is wrong, and it is said which', async () => {
    const cases: [string[], RegExp][] = [
      [['--model', 'dobule', '--force', 'open'], /^there is no model or transform "dobule"; want one of double\b/],
      [['--model', 'double/7', '--force', 'open'], /^there is no version of double "7"; want one of 1\b/],
      [['--service', 'x', '--force', 'open'], /^there is no service "x"; want one of double\b/],
      [['--endpoint', 'h:1', '--force', 'auto'], /^there is no endpoint "h:1"; want one of 127\.0\.0\.1:\d+/],
      [['--force', 'open'], /^want one or more of --model, --service and --endpoint\b/],
      [['--model', 'double', '--force', 'shut'], /^--force: want open, closed or auto, got "shut"/],
      [['--model', 'double'], /^--force: want open, closed or auto, got none/],
    ];
    for (const [args, sentence] of cases) {
      const { code, stderr } = await force(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, sentence);
    }
    assert.equal((await breakers())[0].state, 'closed');
  });
});

describe('a reload that is asked for', () => {
  it('takes up other policies and pipelines at once', async () => {
    await write('policies.yaml', policies.replace('burst: 50', 'burst: 20'));
    await write('pipelines/twice.yaml', pipeline.replace('once', 'twice'));
    const { epoch, changed } = await json('admin', 'reload');
    assert.deepEqual([epoch, changed], [2, ['pipelines', 'policies']]);
    const told = await json('observe', 'config');
    assert.deepEqual([told.epoch, told.pipelines.length, told.policies.limits[0].allows.burst], [2, 2, 20]);
    // A key that may not see it is told that it is not there.
    assert.match((await infer(keys.get('infer') ?? '', 'twice')).stderr, /there is no model or pipeline "twice"/);
  });

  it('keeps what is in force when the folder is broken, and says where', async () => {
    await write('policies.yaml', 'limits:\n  - { name: burst, rate: often }\n');
    const { code, stderr } = await admin('admin', 'reload');
    assert.equal(code, 2);
    assert.match(stderr, /^policies\.yaml:2: limits\.0\.rate: limit "burst": want a rate /);
    assert.equal((await json('observe', 'config')).epoch, 2);
    assert.equal((await infer(keys.get('infer') ?? '')).code, 0);
    const issuer = '{ issuer: i, audience: a, jwks: ./keys.json, algorithms: [ES256], tenant: t }';
    await write('keys.json', 'no keys');
    await write('policies.yaml', `identity: { jwt: [${issuer}] }\n`);
    const keyless = await admin('admin', 'reload');
    assert.match(keyless.stderr, /^identity: the key set keys\.json cannot be used: /);
    assert.equal((await json('observe', 'config')).epoch, 2);
    await rm(join(folder, 'keys.json'));
    await write('policies.yaml', policies);
  });

  it('leaves to others what other processes run', async () => {
    const model = join(folder, 'models/double/1/model.onnx');
    const before = await readFile(model);
    const cases: [() => Promise<void>, () => Promise<void>, RegExp][] = [
      [
        () => write('mesh.yaml', 'limits: { rankMax: 8, concurrentStreamsMax: 4 }\n'),
        () => write('mesh.yaml', 'limits: { rankMax: 8 }\n'),
        /^mesh\.yaml: limits: .*start the mesh again\n$/,
      ],
      [
        () => rm(join(folder, 'policies.yaml')),
        () => write('policies.yaml', policies),
        /^policies\.yaml: it is gone, .*start the mesh again\n$/,
      ],
      [
        () => writeFile(model, sampleModels.scale(3)),
        () => writeFile(model, before),
        /double: other processes run .* --watch/,
      ],
    ];
    for (const [change, back, sentence] of cases) {
      await change();
      const { code, stderr } = await admin('admin', 'reload');
      assert.equal(code, 2);
      assert.match(stderr, sentence);
      await back();
    }
    assert.equal((await json('observe', 'config')).epoch, 2);
  });
});

describe('the record of changes', () => {
  it('names who did what, in a chain that is whole, and tells no secret', async () => {
    const { entries, brokenAt } = await json('observe', 'audit');
    assert.equal(brokenAt, null);
    const told = entries.map(({ actor, action }: { actor: string; action: string }) => `${action} by ${actor}`);
    const login = userInfo().username;
    const create = `keys.create by ${login}`;
    const reload = `reload by key:${idOf(keys.get('admin') ?? '')}`;
    const force = reload.replace('reload', 'breaker.force');
    const forces = entries.slice(5, 8);
    const refused = entries.slice(9);
    assert.deepEqual(told.slice(0, 5), [create, create, create, create, `keys.revoke by ${login}`]);
    assert.deepEqual(told.slice(5, 9), [force, force, force, reload]);
    assert.deepEqual(
      forces.map(({ subject, detail }: { subject: string; detail: string }) => `${subject} ${detail}`),
      [
        'model double {"to":"open"}',
        `model double/1, endpoint ${forces[1].subject.split(' ').at(-1)} {"to":"closed"}`,
        'service double {"to":"auto"}',
      ],
    );
    assert.deepEqual(told.slice(9), Array(5).fill(reload.replace('reload', 'reload.refused')));
    for (const { subject, detail } of refused) assert.deepEqual([subject, detail], ['gateway', '']);
    const last = entries[8];
    assert.equal(last.subject, 'pipelines, policies');
    assert.match(last.detail, /^\{"epoch":2,"policies":"sha256:[0-9a-f]{64}"\}$/);
    for (const key of keys.values()) assert.ok(!JSON.stringify(entries).includes(key.split('_').slice(2).join('_')));
    assert.equal((await json('observe', 'audit', '--after', '13')).entries.length, 1);
    assert.equal((await json('observe', 'audit', '--limit', '2')).entries.length, 2);
    assert.match((await admin('observe', 'audit')).stdout, /^entries 1 to 14 of 14\nthe chain is whole\n$/m);
    const newest = (await admin('observe', 'audit', '--limit', '2')).stdout;
    assert.match(newest, /^13 +\S+ +\S+ +reload\.refused .*\n14 +.*\nentries 13 to 14 of 14\n/m);
    const first = (await admin('observe', 'audit', '--after', '0', '--limit', '2')).stdout;
    assert.match(first, /^1 .*\n2 .*\nentries 1 to 2 of 14\n/m);
    assert.match(
      (await admin('observe', 'audit', '--after', '70')).stdout,
      /^no entries after 70\nthe chain is whole\n$/,
    );
  });
});

describe('a drain that is asked for', () => {
  it('is answered, ends the mesh with exit code 0, and is in the record', async () => {
    assert.deepEqual(await admin('admin', 'drain'), { code: 0, stdout: 'the gateway drains\n', stderr: '' });
    const { code, stdout } = await mesh.ended;
    assert.equal(code, 0, stdout);
    assert.match(stdout, /the gateway was drained; the mesh ends\n$/);
    assert.doesNotMatch(stdout, /starts again/);
    const state = await openState(folder);
    const entries = await state.audit.entries(0, 1_000);
    await state.close();
    assert.equal(entries.at(-1)?.action, 'drain');
    assert.equal(entries.at(-1)?.actor, `key:${idOf(keys.get('admin') ?? '')}`);
  });
});
