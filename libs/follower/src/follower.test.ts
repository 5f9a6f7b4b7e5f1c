import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readView, type View, versionFolder, viewFile, viewFolder } from '@sheaf/mesh';
import { openRegistry, type Registry } from '@sheaf/registry';
import { createFollower } from './follower.ts';
import type { Follower, FollowerOptions } from './ports.ts';
import { registrySource } from './registry-source.ts';
import type { RegistrySource } from './source.ts';
import { move, push } from './testing/index.ts';

const shown = ({ entries }: View): Record<string, object> =>
  Object.fromEntries(
    entries.map(({ name, versions, aliases }) => [name, { versions: versions.map((one) => one.version), ...aliases }]),
  );

describe('a follower', { timeout: 60_000 }, () => {
  let folder: string;
  let registry: Registry;
  let follower: Follower | undefined;
  const events: string[] = [];
  /** Whole views, in the order in which the mesh took them up. */
  const taken: Record<string, object>[] = [];
  const told = new EventEmitter();
  /** Versions that the mesh cannot load, as `m/3`. */
  const broken = new Map<string, string>();
  let refuses: string | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-follower-'));
    registry = await openRegistry(folder);
    for (const list of [events, taken]) list.length = 0;
    broken.clear();
    refuses = undefined;
  });
  afterEach(async () => {
    await follower?.close();
    follower = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  const takeUp = async (): Promise<void> => {
    if (refuses !== undefined) throw new Error(refuses);
    const { view } = await readView(folder);
    taken.push(shown(view as View));
    told.emit('taken');
  };
  const open = (options: Partial<FollowerOptions> = {}): Follower => {
    follower = createFollower({
      folder,
      source: registrySource(registry),
      keep: 2,
      retryMinMs: 20,
      retryMaxMs: 20,
      onEvent: (line) => {
        events.push(line);
        told.emit('event');
      },
      ...options,
    });
    return follower;
  };
  const follow = (one: Follower): void =>
    one.follow({ takeUp, steer: takeUp, whyOut: (_, name, version) => broken.get(`${name}/${version}`) });
  /** What the mesh took up last of `m`. */
  const last = (): { readonly versions?: readonly number[]; readonly champion?: number } => taken.at(-1)?.['m'] ?? {};
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await Promise.race([once(told, 'taken'), once(told, 'event')]);
  };
  const inForce = async () => shown((await readView(folder)).view as View);
  const model = (text: string) => push(registry, 'model', 'm', { 'model.onnx': text });
  const prepared = async (): Promise<void> => {
    await open().prepare(AbortSignal.timeout(60_000));
    follow(follower as Follower);
  };

  it('has what is new loaded while aliases mean what they meant, and moves them then', async () => {
    await model('one');
    await model('two');
    await move(registry, 'm', 'champion', 1);
    await prepared();
    assert.deepEqual(await inForce(), { m: { versions: [1], champion: 1 } });
    await move(registry, 'm', 'champion', 2);
    await until(() => taken.length === 2);
    assert.deepEqual(taken, [{ m: { versions: [2, 1], champion: 1 } }, { m: { versions: [2, 1], champion: 2 } }]);
    // A rollback is a move among what is loaded.
    await move(registry, 'm', 'champion', 1);
    await until(() => taken.length === 3);
    assert.deepEqual(taken.at(-1), { m: { versions: [2, 1], champion: 1 } });
  });

  it('keeps the last two versions of each alias and those of rollouts, and nothing that nobody has put into force', async () => {
    for (const text of ['1', '2', '3', '4', '5']) await model(text);
    for (const to of [1, 2, 3, 4]) await move(registry, 'm', 'champion', to);
    await push(registry, 'model', 'n', { 'model.onnx': 'a' });
    await push(registry, 'model', 'n', { 'model.onnx': 'b' });
    await prepared();
    assert.deepEqual(await inForce(), { m: { versions: [4, 3, 2], champion: 4 } });
    const rollout = { slot: 'traffic', versions: [5], spec: {}, state: 'running', step: 0, reason: '', by: 'test' };
    await registry.store.startRollout({ name: 'm', ...rollout });
    await until(() => taken.length > 0);
    assert.deepEqual(taken.at(-1)?.['m'], { versions: [5, 4, 3, 2], champion: 4 });
    assert.equal((await readdir(join(viewFolder(folder), 'versions'))).length, 4);
  });

  it('loads what a pipeline pins, whatever the champion is', async () => {
    await model('one');
    await model('two');
    await move(registry, 'm', 'champion', 2);
    const { digest } = (await registry.store.getVersion('m', 1)) ?? { digest: '' };
    const pins = [
      { name: 'm', digest },
      { name: 'n', alias: 'champion' },
    ];
    await push(registry, 'pipeline', 'p', { 'pipeline.yaml': 'x' }, pins);
    await move(registry, 'p', 'champion', 1);
    await prepared();
    const { view } = await readView(folder);
    assert.deepEqual(await inForce(), { m: { versions: [2, 1], champion: 2 }, p: { versions: [1], champion: 1 } });
    assert.deepEqual(view?.entries.at(-1)?.versions[0]?.pins, [
      { name: 'm', version: '1' },
      { name: 'n', version: 'champion' },
    ]);
  });

  it('leaves a version out that its trial refuses or that the mesh cannot load, and tells why; the one before goes on', async () => {
    await model('one');
    await model('bad');
    await model('worse');
    await move(registry, 'm', 'champion', 1);
    const bad = (await registry.store.getVersion('m', 2))?.digest;
    const trial: FollowerOptions['trial'] = async ({ version }) => (version.digest === bad ? 'it is bad' : undefined);
    await open({ trial }).prepare(AbortSignal.timeout(60_000));
    follow(follower as Follower);
    await move(registry, 'm', 'champion', 2);
    await until(() => events.length > 0 && taken.length > 0);
    assert.match(events[0] ?? '', /^model m\/2 of the registry stays out: its trial failed: it is bad$/);
    assert.deepEqual(await inForce(), { m: { versions: [1], champion: 1 } });
    assert.deepEqual(
      follower?.status().out.map(({ version, why }) => [version, why]),
      [[2, 'its trial failed: it is bad']],
    );
    broken.set('m/3', 'it does not load');
    await move(registry, 'm', 'champion', 3);
    await until(() => events.some((line) => line === 'model m/3 of the registry stays out: it does not load'));
    await until(() => last().versions?.length === 1);
    assert.deepEqual(taken.at(-1), { m: { versions: [1], champion: 1 } });
    broken.clear();
    await until(() => last().champion === 3);
  });

  it('begins with what is on the disk while the registry is away, and goes on when it is back', async () => {
    await model('one');
    await move(registry, 'm', 'champion', 1);
    await prepared();
    await follower?.close();
    registry = await openRegistry(folder);
    await model('two');
    await move(registry, 'm', 'champion', 2);
    let isAway = true;
    const source = registrySource(registry);
    const away: RegistrySource = {
      ...source,
      snapshot: async (signal) => {
        if (isAway) throw new Error('nobody answers');
        return source.snapshot(signal);
      },
    };
    await open({ source: away }).prepare(AbortSignal.timeout(60_000));
    assert.deepEqual(await inForce(), { m: { versions: [1], champion: 1 } });
    follow(follower as Follower);
    assert.deepEqual(events, ['the registry is away, and the mesh goes on with what it has: nobody answers']);
    assert.equal(follower?.status().away, 'nobody answers');
    isAway = false;
    await until(() => events.includes('the registry is there again') && taken.length > 0);
    await until(() => last().champion === 2);
  });

  it('goes on where a file broke off, and takes nothing that is another one', async () => {
    await model('a file of some length');
    await move(registry, 'm', 'champion', 1);
    const offsets: number[] = [];
    const source = registrySource(registry);
    let round = 0;
    const breaking: RegistrySource = {
      ...source,
      read: async function* (file, offset, signal) {
        offsets.push(offset);
        round++;
        if (round === 1) {
          yield Buffer.from('a file');
          throw new Error('it broke off');
        }
        if (round === 2) yield Buffer.from(' of some LENGTH');
        else yield* source.read(file, offset, signal);
      },
    };
    await open({ source: breaking }).prepare(AbortSignal.timeout(60_000));
    assert.deepEqual(await inForce(), {});
    follow(follower as Follower);
    await until(() => taken.some((view) => view['m'] !== undefined));
    assert.deepEqual(offsets, [0, 6, 0]);
    assert.deepEqual(
      events.map((line) => line.replace(/sha256 [0-9a-f]{64}|got [0-9a-f]{64}/g, '...')),
      [
        'model m/1 of the registry stays out: it cannot be fetched: it broke off',
        'model m/1 of the registry stays out: it cannot be fetched: model.onnx is not what the registry says: want ..., ...',
      ],
    );
  });

  it('puts a file aside that is damaged, means what an alias meant before, and fetches it again', async () => {
    await model('one');
    await model('two');
    await move(registry, 'm', 'champion', 1);
    await move(registry, 'm', 'champion', 2);
    await prepared();
    await follower?.close();
    const two = (await readView(folder)).view?.entries[0]?.versions[0]?.digest ?? '';
    await writeFile(join(versionFolder(folder, two), 'model.onnx'), 'tWo');
    registry = await openRegistry(folder);
    const source = registrySource(registry);
    const snapshot = async (): Promise<never> => Promise.reject(new Error('away'));
    await open({ source: { ...source, snapshot } }).prepare(AbortSignal.timeout(60_000));
    assert.match(
      events[0] ?? '',
      /^m\/2: its file: model\.onnx is another file .*; it is put aside and fetched again$/,
    );
    assert.deepEqual(await inForce(), { m: { versions: [1], champion: 1 } });
    await follower?.close();
    registry = await openRegistry(folder);
    await prepared();
    assert.deepEqual(await inForce(), { m: { versions: [2, 1], champion: 2 } });
    assert.equal(await readFile(join(versionFolder(folder, two), 'model.onnx'), 'utf8'), 'two');
  });

  it('has the view before stand in where its file is damaged, and tells so', async () => {
    await model('one');
    await move(registry, 'm', 'champion', 1);
    await prepared();
    await model('two');
    await move(registry, 'm', 'champion', 2);
    await until(() => last().champion === 2);
    await follower?.close();
    await writeFile(viewFile(folder), (await readFile(viewFile(folder), 'utf8')).replace('"version":2', '"version":7'));
    registry = await openRegistry(folder);
    await prepared();
    assert.ok(events.includes('the file of the view is damaged; the view before is served'));
    assert.deepEqual(await inForce(), { m: { versions: [2, 1], champion: 2 } });
  });

  it('leaves all as it is where the mesh or the disk takes nothing, and tries again', async () => {
    for (const text of ['one', 'two']) await model(text);
    for (const to of [2, 1]) await move(registry, 'm', 'champion', to);
    await prepared();
    refuses = 'no gateway is running';
    await move(registry, 'm', 'champion', 2);
    await until(() => events.some((line) => line.endsWith('not taken up yet: no gateway is running')));
    assert.deepEqual(await inForce(), { m: { versions: [2, 1], champion: 1 } });
    refuses = undefined;
    await until(() => taken.length > 0);
    assert.deepEqual(taken.at(-1), { m: { versions: [2, 1], champion: 2 } });
    if (process.getuid?.() === 0) return;
    await chmod(viewFolder(folder), 0o500);
    await model('three');
    await move(registry, 'm', 'champion', 3);
    await until(() => events.some((line) => /m\/3 .*EACCES/.test(line)));
    await chmod(viewFolder(folder), 0o700);
    await until(() => last().champion === 3);
  });
});
