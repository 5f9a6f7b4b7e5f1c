import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, describe, it } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { DatabaseWorker } from './database-worker.ts';
import { openState, type StateOptions } from './open-state.ts';
import type { State } from './state.ts';
import { aKey, anEntry, refusal } from './testing/state-samples.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-state-'));
after(() => rmSync(root, { recursive: true }));

const newFolder = (): string => mkdtempSync(join(root, 'mesh-'));
/** Closed after the test, also after one that failed. */
const opened: State[] = [];
afterEach(() => Promise.all(opened.splice(0).map((state) => state.close())));
async function open(folder: string, options?: StateOptions): Promise<State> {
  const state = await openState(folder, options);
  opened.push(state);
  return state;
}
const fileOf = (folder: string): string => join(folder, '.sheaf', 'state.db');
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    ({ reason }) => reason,
  );

/** A folder with a state that somebody has used. */
async function usedFolder(): Promise<string> {
  const folder = newFolder();
  const state = await open(folder);
  for (let index = 0; index < 200; index++) void state.audit.append(anEntry('a'));
  await state.keys.add(aKey('a'));
  await state.close();
  return folder;
}

describe('a state that another process has locked', () => {
  it('queues writes up to its limit, answers reads, keeps the main thread free, and loses nothing', async () => {
    const folder = newFolder();
    const state = await open(folder, { queueMax: 100 });
    const other = new DatabaseSync(fileOf(folder));
    other.exec('BEGIN IMMEDIATE');

    let longestMs = 0;
    let last = performance.now();
    const ticks = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 5);
    // One place is left for the reads.
    const writes = Array.from({ length: 99 }, (_, index) => state.audit.append(anEntry(`${index}`)));
    for (let index = 0; index < 30; index++) assert.deepEqual(await state.audit.entries(0, 10), []);
    const another = state.audit.append(anEntry('99'));
    await assert.rejects(state.keys.add(aKey('a')), refusal('RESOURCE_EXHAUSTED', 'STATE_OVERLOADED'));
    clearInterval(ticks);
    other.exec('COMMIT');
    other.close();

    const chained = await Promise.all([...writes, another]);
    assert.deepEqual(
      chained.map(({ sequence, subject }) => [sequence, subject]),
      chained.map((_, index) => [index + 1, `${index}`]),
    );
    assert.equal(await state.audit.verify(), undefined);
    assert.ok(longestMs < 400, `the main thread stood still for ${longestMs} ms`);
    await state.close();
  });

  it('refuses writes that have waited too long, changes nothing, and works again after', async () => {
    const folder = newFolder();
    const state = await open(folder, { lockWaitMs: 50 });
    const other = new DatabaseSync(fileOf(folder));
    other.exec('BEGIN IMMEDIATE');
    await assert.rejects(state.keys.add(aKey('a')), refusal('UNAVAILABLE', 'STATE_LOCKED'));
    await assert.rejects(
      open(folder, { lockWaitMs: 50 }).then(({ keys }) => keys.add(aKey('b'))),
      /locked/,
    );
    assert.deepEqual(await state.keys.list(), []);
    other.exec('COMMIT');
    other.close();
    await state.keys.add(aKey('a'));
    await state.close();
  });
});

describe('a state without room', () => {
  it('refuses writes, answers reads, and takes writes again once there is room', async () => {
    const folder = newFolder();
    const state = await open(folder, { bytesMax: 40 * 4_096 });
    const entry = { ...anEntry('a'), detail: 'x'.repeat(4_000) };
    let kept = 0;
    let refused: unknown;
    await state.quotas.reserve('k', 'may', 1, 10);
    while (!refused && kept < 100)
      await state.audit.append(entry).then(
        () => (kept += 1),
        (error) => (refused = error),
      );
    refusal('RESOURCE_EXHAUSTED', 'STATE_FULL')(refused);
    assert.ok(kept > 5 && kept < 40, `${kept} entries found room`);
    assert.equal((await state.audit.entries(0, 100)).length, kept);
    assert.equal(await state.quotas.used('k', 'may'), 1);
    assert.equal(await state.audit.verify(), undefined);
    await state.close();

    const roomier = await open(folder);
    assert.equal((await roomier.audit.append(entry)).sequence, kept + 1);
    assert.equal(await roomier.audit.verify(), undefined);
    await roomier.close();
  });

  it('refuses all of a group that does not fit, and nothing of it is there', async () => {
    const state = await open(newFolder(), { bytesMax: 40 * 4_096 });
    const entry = { ...anEntry('a'), detail: 'x'.repeat(4_000) };
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcome(state.audit.append(entry))));
    const kept = outcomes.filter((result) => result === 'done').length;
    assert.ok(outcomes.includes('STATE_FULL'));
    assert.equal((await state.audit.entries(0, 1_000)).length, kept);
    assert.equal(await state.audit.verify(), undefined);
    await state.close();
  });
});

describe('a folder that is not fit for a state', () => {
  it('is refused when it cannot be written', { skip: process.platform === 'win32' }, async () => {
    const folder = newFolder();
    chmodSync(folder, 0o500);
    const source = `
      import(${JSON.stringify(new URL('./open-state.ts', import.meta.url).href)})
        .then(({ openState }) => openState(${JSON.stringify(folder)}))
        .then(() => console.log('opened'), ({ code, reason }) => console.log(code, reason))
        .finally(() => process.exit());`;
    // Root may write everywhere, by a capability that can be taken away. Another user might not reach the sources.
    const withoutIt = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];
    const [program = '', ...options] = [...withoutIt, process.execPath, '-e', source];
    const { stdout, stderr } = spawnSync(program, options);
    assert.equal(`${stdout}${stderr}`.trim(), 'FAILED_PRECONDITION STATE_READ_ONLY');
  });

  it('is refused when something else is in the place', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, '.sheaf'), 'a file');
    await assert.rejects(openState(folder), refusal('FAILED_PRECONDITION', 'STATE_READ_ONLY'));
    const other = newFolder();
    mkdirSync(fileOf(other), { recursive: true });
    await assert.rejects(openState(other), refusal('FAILED_PRECONDITION', 'STATE_READ_ONLY'));
    const dangling = newFolder();
    mkdirSync(join(dangling, '.sheaf'));
    symlinkSync('nowhere', fileOf(dangling));
    await assert.rejects(openState(dangling), refusal('FAILED_PRECONDITION', 'STATE_READ_ONLY'));
  });

  it('is refused when its state is of a newer version or another program, which is left as it is', async () => {
    for (const [sql, reason] of [
      ['PRAGMA user_version = 1000', 'STATE_NEWER'],
      ['PRAGMA application_id = 7', 'STATE_FOREIGN'],
    ] as const) {
      const folder = await usedFolder();
      const db = new DatabaseSync(fileOf(folder));
      db.exec(sql);
      db.close();
      const before = readFileSync(fileOf(folder));
      await assert.rejects(openState(folder), refusal('FAILED_PRECONDITION', reason));
      assert.deepEqual(readFileSync(fileOf(folder)), before);
    }
  });
});

describe('a damaged file', () => {
  const damages: readonly [string, (bytes: Buffer) => Buffer][] = [
    ['text', () => Buffer.from('not a database at all\n'.repeat(400))],
    ['a first page of zeros', (bytes) => Buffer.concat([Buffer.alloc(4_096), bytes.subarray(4_096)])],
    ['noise in the middle', (bytes) => Buffer.from(bytes).fill(0xa5, 3 * 4_096, 6 * 4_096)],
    ['a missing end', (bytes) => bytes.subarray(0, bytes.byteLength - 3 * 4_096)],
  ];
  for (const [what, damage] of damages) {
    it(`is refused and left as it is: ${what}`, async () => {
      const folder = await usedFolder();
      const damaged = damage(readFileSync(fileOf(folder)));
      writeFileSync(fileOf(folder), damaged);
      await assert.rejects(openState(folder), refusal('DATA_LOSS', 'STATE_CORRUPT'));
      assert.deepEqual(readFileSync(fileOf(folder)), damaged);
    });
  }
});

describe('a thread that dies', () => {
  it('is followed by another one, which finds all that was acknowledged', async () => {
    const folder = newFolder();
    const threads: Worker[] = [];
    const onWorker = (thread: Worker): void => void threads.push(thread);
    process.on('worker', onWorker);
    const state = await open(folder);
    await state.keys.add(aKey('a'));
    const rung = Promise.withResolvers<void>();
    state.onKeysChanged(rung.resolve);
    await threads[0]?.terminate();
    await assert.rejects(state.keys.list(), refusal('INTERNAL', 'STATE_LOST'));
    await rung.promise;
    assert.deepEqual(await state.keys.list(), [aKey('a')]);
    assert.equal((await state.audit.append(anEntry('a'))).sequence, 1);
    assert.equal(threads.length, 2);
    process.off('worker', onWorker);
  });

  it('leaves nobody waiting', async (context) => {
    const logged = context.mock.method(console, 'error', () => {});
    const source = `
      import { parentPort } from 'node:worker_threads';
      parentPort.postMessage({ kind: 'opened' });
      let heard = 0;
      parentPort.on('message', () => { if (++heard === 3) throw new Error('planted'); });`;
    const worker = new DatabaseWorker({
      kept: 'state',
      module: new URL(`data:text/javascript,${encodeURIComponent(source)}`),
      workerData: undefined,
      queueMax: 10,
      onChanged: () => {},
    });
    await worker.opened;
    const asked = [1, 2, 3, 4].map(() => worker.ask('listKeys', []));
    for (const result of await Promise.allSettled(asked))
      refusal('INTERNAL', 'STATE_LOST')(result.status === 'rejected' && result.reason);
    await assert.rejects(worker.ask('listKeys', []), refusal('INTERNAL', 'STATE_LOST'));
    assert.equal(logged.mock.callCount(), 1);
    await worker.close();
  });
});
