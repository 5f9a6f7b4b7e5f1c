/** Keys and the audit trail as an operator sees them who has no shell on the machine, over two gateways; and what whoever may write the state file can do. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, type Told } from '../support/caller.ts';
import { addKeys, revokeKey } from '../support/credentials.ts';
import { writeFolder } from '../support/mesh-folder.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type Ended, type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

let folder: string;
let mesh: RunningCommand;
let receiver: OtlpReceiver;
let ports: readonly number[];
let callers: readonly Caller[];
let credentials: Record<'ops' | 'watcher' | 'user', string>;

const admin = (...args: string[]): Promise<Ended> =>
  runSheaf(['admin', ...args, '--address', `127.0.0.1:${ports[0]}`, '--key', credentials.ops]);
/** How each gateway answers a call with this key. */
const told = (key: string): Promise<Told[]> =>
  Promise.all(callers.map((caller) => caller.infer('double', { 'x-api-key': key })));
const codes = async (key: string): Promise<string> => (await told(key)).map(({ code }) => code).join();
const until = (key: string, wanted: string): Promise<void> =>
  waitFor(async () => (await codes(key)) === wanted, mesh.output);
const idOf = (key: string): string => key.split('_')[1] ?? '';
const secretOf = (key: string): string => key.slice(-43);

/** As somebody does it who may write the file, and knows how. */
function tamper(sql: string): void {
  const db = new DatabaseSync(join(folder, '.sheaf', 'state.db'), { timeout: 5_000 });
  db.exec(sql);
  db.close();
}

async function succeeded(...args: string[]): Promise<Ended> {
  const ended = await admin(...args);
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

before(async () => {
  receiver = await startOtlpReceiver();
  folder = await writeFolder({
    'models/double': sampleModels.scale(2),
    'mesh.yaml': 'gateway: { replicas: 2 }\n',
    'policies.yaml': 'identity: { open: [health] }\n',
  });
  credentials = await addKeys(folder, {
    ops: { tenant: 'operations', roles: ['admin'] },
    watcher: { tenant: 'operations', roles: ['observe'] },
    user: { tenant: 'acme' },
  });
  mesh = startSheaf(['up', folder, '--port', '0'], undefined, {
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER: 'always_off' },
  });
  await waitFor(() => /the mesh is up: /.test(mesh.output()), mesh.output);
  const [, line = ''] = /the mesh is up: gRPC on (.*);/.exec(mesh.output()) ?? [];
  ports = [...line.matchAll(/:(\d+)/g)].map(([, port]) => Number(port));
  callers = ports.map((port) => new Caller(port));
  assert.equal(callers.length, 2, line);
});
after(async () => {
  for (const caller of callers) caller[Symbol.dispose]();
  mesh.kill('SIGINT');
  await mesh.ended;
  receiver[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

describe('keys without a shell', () => {
  it('are made, renewed beside the old secret, listed with their last use, and taken back, on every gateway', async () => {
    const { stdout, stderr } = await succeeded(
      'keys',
      'create',
      '--tenant',
      'acme',
      '--expires',
      '30d',
      '--note',
      'kiosk',
    );
    const old = stdout.trim();
    assert.match(old, /^sheaf_[a-z2-7]{12}_[\w-]{43}$/);
    assert.match(stderr, /^key \w+ of tenant acme: infer; it expires \d{4}-\S+; it is not shown again\n$/);
    await until(old, 'OK,OK');

    const renewed = (await succeeded('keys', 'rotate', idOf(old), '--overlap', '1h')).stdout.trim();
    assert.equal(idOf(renewed), idOf(old));
    await until(renewed, 'OK,OK');
    assert.equal(await codes(old), 'OK,OK');
    const listed = (await succeeded('keys', 'list')).stdout;
    assert.match(
      listed,
      new RegExp(
        `^${idOf(old)} +acme +infer +\\* +standard +\\S+ +\\d{4}-\\S+ +expires \\S+, its old secret \\S+ +kiosk$`,
        'm',
      ),
    );

    const last = (await succeeded('keys', 'rotate', idOf(old), '--overlap', '0m')).stdout.trim();
    await until(last, 'OK,OK');
    await until(renewed, 'UNAUTHENTICATED,UNAUTHENTICATED');
    assert.equal(await codes(old), 'UNAUTHENTICATED,UNAUTHENTICATED');

    assert.equal((await succeeded('keys', 'revoke', idOf(old))).stdout, `key ${idOf(old)} of tenant acme is revoked\n`);
    await until(last, 'UNAUTHENTICATED,UNAUTHENTICATED');

    const everything = [
      (await succeeded('keys', 'list', '--json')).stdout,
      (await succeeded('audit', '--json')).stdout,
      (await succeeded('config', '--json')).stdout,
      mesh.output(),
    ].join();
    assert.match(everything, /keys\.create.*keys\.rotate.*keys\.rotate.*keys\.revoke/s);
    assert.ok(everything.includes(`key:${idOf(credentials.ops)}`));
    for (const key of [old, renewed, last]) assert.ok(!everything.includes(secretOf(key)));
    assert.doesNotMatch(everything, /secretHash/);
  });

  it('are for the role admin, and what is wrong is told in a sentence', async () => {
    for (const args of [['list'], ['create', '--tenant', 't'], ['rotate', 'x'], ['revoke', 'x']]) {
      const asked = ['admin', 'keys', ...args, '--address', `127.0.0.1:${ports[0]}`, '--key', credentials.watcher];
      const { code, stdout, stderr } = await runSheaf(asked);
      assert.deepEqual([code, stdout, stderr], [2, '', 'this method wants the role admin\n'], args.join());
    }
    const cases: [string[], RegExp][] = [
      [['rotate', 'none'], /^there is no key "none"\n$/],
      [['revoke', 'none'], /^there is no key "none"\n$/],
      [['create', '--tenant', 't', '--role', 'infer', '--role', 'admin'], /^roles: want admin or infer, got both/],
    ];
    for (const [args, sentence] of cases) {
      const { code, stdout, stderr } = await admin('keys', ...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, sentence);
    }
  });

  it('must end where policies say so: new ones are refused without an end, old ones end, and both are told', async () => {
    await writeFile(join(folder, 'policies.yaml'), 'identity: { open: [health], keys: { daysMax: 90 } }\n');
    await succeeded('reload');
    const wanted = 'expires: want an end within 90 days, as identity.keys.daysMax of policies.yaml says, got none\n';
    const shell = await runSheaf(['keys', 'create', folder, '--tenant', 't']);
    assert.deepEqual([shell.code, shell.stdout, shell.stderr], [2, '', wanted]);
    const asked = await admin('keys', 'create', '--tenant', 't');
    assert.deepEqual([asked.code, asked.stdout, asked.stderr], [2, '', wanted]);
    const shortened =
      / API keys have no end, or a later one, than identity\.keys\.daysMax of policies\.yaml allows: they end 90 days/g;
    await waitFor(() => mesh.output().match(shortened)?.length === 2, mesh.output);
    const { stdout } = await succeeded('keys', 'list', '--json');
    const keys = JSON.parse(stdout) as { id: string; createdAtMs: number; expiresAtMs: number }[];
    for (const { createdAtMs, expiresAtMs } of keys)
      assert.ok(expiresAtMs > 0 && expiresAtMs <= createdAtMs + 90 * 24 * 3_600_000);
    // One that was made 91 days ago is over.
    const { ancient } = await addKeys(folder, { ancient: { tenant: 'acme' } });
    await until(ancient, 'OK,OK');
    tamper(`UPDATE keys SET created_at = created_at - ${91 * 24 * 3_600_000} WHERE id = '${idOf(ancient)}'`);
    await waitFor(async () => (await told(ancient)).every(({ reason }) => reason === 'TOKEN_EXPIRED'), mesh.output);
    // Where nobody can read how long a key may count, none is made at the shell; those that are there can be looked at and taken back.
    await writeFile(join(folder, 'policies.yaml'), 'identity: { keys: maybe }\n');
    const unclear = await runSheaf(['keys', 'create', folder, '--tenant', 't']);
    assert.equal(unclear.code, 2);
    assert.match(
      unclear.stderr,
      /^how long a key may count cannot be told: policies\.yaml:1: identity\.keys: want true or false, /,
    );
    assert.equal((await runSheaf(['keys', 'list', folder])).code, 0);
    await writeFile(join(folder, 'policies.yaml'), 'identity: { open: [health] }\n');
    await succeeded('reload');
    await until(ancient, 'OK,OK');
    assert.equal((await runSheaf(['keys', 'revoke', idOf(ancient), folder])).code, 0);
    await until(ancient, 'UNAUTHENTICATED,UNAUTHENTICATED');
  });
});

/** A stream that stays open, with what it ends with. */
function stay(port: number, path: string, key: string, message: Buffer) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set('x-api-key', key);
  const asIs = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeBidiStreamRequest(path, asIs, asIs, metadata);
  const first = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<grpc.StatusObject>();
  stream.on('data', () => first.resolve());
  stream.on('error', () => {});
  stream.on('status', (status: grpc.StatusObject) => ended.resolve(status));
  stream.write(message);
  // A watch takes one message.
  if (path.endsWith('/Watch')) stream.end();
  return { first: first.promise, ended: ended.promise, close: () => client.close() };
}

describe('streams that stay', () => {
  it('end when the key that they were opened with is revoked, and no other does', async () => {
    const { leaving, staying } = await addKeys(folder, { leaving: { tenant: 'acme' }, staying: { tenant: 'acme' } });
    await until(leaving, 'OK,OK');
    await until(staying, 'OK,OK');
    const paths: [string, Buffer][] = [
      // In the policies of this mesh anybody may watch health; reflection wants somebody who is known.
      ['/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', Buffer.from([0x3a, 1, 0x2a])],
      ['/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo', Buffer.from([0x3a, 1, 0x2a])],
    ];
    const open = (key: string) =>
      ports.flatMap((port) => paths.map(([path, message]) => stay(port, path, key, message)));
    const [mine, others] = [open(leaving), open(staying)];
    await Promise.all([...mine, ...others].map(({ first }) => first));
    await revokeKey(folder, leaving);
    for (const { ended } of mine) {
      const { code, details } = await ended;
      assert.deepEqual([code, details], [grpc.status.UNAUTHENTICATED, 'the API key is not valid']);
    }
    const still = new Promise((resolve) => setImmediate(resolve, 'open'));
    assert.equal(await Promise.race([...others.map(({ ended }) => ended), still]), 'open');
    for (const { close } of [...mine, ...others]) close();
  });
});

describe('the end of the audit trail', () => {
  const headLine = /audit trail: head (\d+):([0-9a-f]{64})/g;
  const heads = () => [...mesh.output().matchAll(headLine)].map(([, entry, hash]) => ({ entry: Number(entry), hash }));
  const entries = async (): Promise<{ sequence: number; hash: string }[]> =>
    JSON.parse((await succeeded('audit', '--json')).stdout).entries;

  it('is told as it grows, in the log and over OTLP whatever is sampled, so that a cut is found that the chain alone does not show', async () => {
    const last = (await entries()).at(-1);
    assert.ok(last && last.sequence > 4);
    const { sequence, hash } = last;
    await waitFor(() => heads().some(({ entry }) => entry === sequence), mesh.output);
    assert.ok(heads().every((head) => head.entry !== sequence || head.hash === hash));
    const spans = () => receiver.spans.filter(({ name }) => name === 'audit head').map(({ attributes }) => attributes);
    await waitFor(() => spans().some((span) => span['sheaf.audit.hash'] === hash));
    assert.ok(spans().every((span) => span['sheaf.audit.hash'] !== hash || span['sheaf.audit.sequence'] === sequence));

    const log = join(folder, 'gateway.log');
    await writeFile(log, mesh.output());
    const asks = [
      ['--head', `${sequence}:${hash}`],
      ['--head', hash],
      ['--heads', log],
    ];
    for (const args of asks) {
      const { stdout } = await succeeded('audit', ...args);
      assert.match(stdout, new RegExp(`heads are held; everything up to entry ${sequence} is what it was then\n`));
      assert.match(stdout, /\n\d+ entries; the chain is whole\n$/);
    }

    tamper(`DROP TRIGGER audit_unremoved; DELETE FROM audit WHERE sequence > 4;
      UPDATE state SET audit_sequence = 4, audit_hash = (SELECT hash FROM audit WHERE sequence = 4)`);
    const alone = await admin('audit', '--verify');
    assert.deepEqual([alone.code, alone.stdout.split('\n')[0]], [0, '4 entries; the chain is whole']);
    assert.match(alone.stdout, /whether entries were cut off at the end, no chain can tell: want --head or --heads/);
    for (const args of asks) {
      const { code, stdout } = await admin('audit', ...args);
      assert.equal(code, 1, stdout);
      assert.match(
        stdout,
        /^THE RECORD DOES NOT HOLD (\d+:)?[0-9a-f]{64}: it was cut or written anew; .* ends with entry 4$/m,
      );
    }
    // Those of before the cut are held, also by the same log.
    assert.match(
      (await admin('audit', '--heads', log)).stdout,
      /^\d+ of \d+ heads are held; everything up to entry [1-4] is/m,
    );
    await waitFor(
      () =>
        mesh
          .output()
          .includes(`THE AUDIT TRAIL WAS CUT OR WRITTEN ANEW: it held ${sequence}:${hash}, and ends with 4:`),
      mesh.output,
    );
  });
});

describe('a state that cannot be read', () => {
  it('keeps no key alive that was revoked meanwhile: it is read again', async () => {
    const { user } = credentials;
    assert.equal(await codes(user), 'OK,OK');
    // What was revoked is seen at once, and cannot be read then; nothing more changes after that.
    tamper(`ALTER TABLE keys RENAME TO elsewhere; UPDATE elsewhere SET revoked_at = 1 WHERE id = '${idOf(user)}'`);
    await waitFor(() => mesh.output().match(/keys.*the disk failed/g)?.length === 2, mesh.output);
    assert.equal(await codes(user), 'OK,OK');
    tamper('ALTER TABLE elsewhere RENAME TO keys');
    await until(user, 'UNAUTHENTICATED,UNAUTHENTICATED');
  });

  it('makes every gateway not ready after 10 s, with a sentence, and no key counts until it can be read again', async () => {
    const { other } = await addKeys(folder, { other: { tenant: 'acme' } });
    await until(other, 'OK,OK');
    const health = async (): Promise<string> =>
      (await Promise.all(callers.map((caller) => caller.call('/grpc.health.v1.Health/Check'))))
        .map(({ replies }) => replies[0]?.['status'])
        .join();
    assert.equal(await health(), 'SERVING,SERVING');
    tamper('ALTER TABLE state RENAME TO elsewhere');
    await waitFor(async () => (await health()) === 'NOT_SERVING,NOT_SERVING', mesh.output);
    for (const { code, message, reason } of await told(other))
      assert.deepEqual(
        [code, message, reason],
        ['UNAVAILABLE', 'it cannot be told at the moment which API keys count', 'IDENTITY_UNAVAILABLE'],
      );
    assert.match(mesh.output(), /THE GATEWAY IS NOT READY: for 10 s nobody could tell which keys have been revoked/);
    tamper('ALTER TABLE elsewhere RENAME TO state');
    await waitFor(async () => (await health()) === 'SERVING,SERVING', mesh.output);
    assert.equal(await codes(other), 'OK,OK');
    await revokeKey(folder, other);
    await until(other, 'UNAUTHENTICATED,UNAUTHENTICATED');
  });
});
