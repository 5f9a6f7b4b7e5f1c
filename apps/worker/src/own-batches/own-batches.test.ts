import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { openWork, type Work } from '@sheaf/jobs';
import { sampleModels } from '@sheaf/onnx/testing';
import { createOwnBatches } from './own-batches.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2030, 0, 7, 12, 30);
const batch = (when: string): string =>
  `pipeline: double\ninput: { path: rows.csv }\nkey: key\ntensors: { x: [a, b] }\n${when}\n`;
const hourly = batch('schedule: { cron: 0 * * * * }');
const promoted = batch('onPromotion: true');

interface Bench extends AsyncDisposable {
  readonly work: Work;
  /** The keys of all batches, the first first. */
  keys(): Promise<readonly (string | undefined)[]>;
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Looks at that time, as a worker that has just been started does. */
  lookAt(now: number): Promise<void>;
  /** A worker of its own, with its own memory. */
  worker(): (now: number) => Promise<void>;
  /** Whether gateways know the version. */
  served: (version: string) => boolean;
}

async function benchOf(declaration: string): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-own-batches-'));
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  await write('models/double/1/model.onnx', sampleModels.scale(2));
  await write('rows.csv', 'key,a,b\nk,1,2\n');
  await write('batches/own.yaml', declaration);
  await utimes(join(folder, 'batches/own.yaml'), start / 1_000, start / 1_000);
  const work = await openWork(folder);
  const worker = (): ((now: number) => Promise<void>) => {
    let time = 0;
    const describe = async (name: string, version: string) => {
      if (!bench.served(version)) throw new InferError('NOT_FOUND', 'there is no such version');
      return { name, versions: [version], platform: '', inputs: [], outputs: [] };
    };
    const look = createOwnBatches({ folder, work, gateways: { isReady: true, describe }, now: () => time });
    return (now) => {
      time = now;
      return look();
    };
  };
  const bench: Bench = {
    work,
    write,
    worker,
    served: () => true,
    lookAt: (now) => worker()(now),
    keys: async () => (await work.batches.list({})).map(({ idempotencyKey }) => idempotencyKey).toReversed(),
    [Symbol.asyncDispose]: async () => {
      await work.close();
      await rm(folder, { recursive: true });
    },
  };
  return bench;
}

const at = (time: string): string => `schedule:own:2030-01-${time}:00:00.000Z`;

describe('batches with a schedule', () => {
  it('begin once at each due time, however many workers look and are started again', async () => {
    await using bench = await benchOf(hourly);
    const workers = [bench.worker(), bench.worker()];
    for (const time of [start + 1, start + hourMs, start + hourMs + 1, start + 2 * hourMs])
      await Promise.all([...workers.map((look) => look(time)), bench.lookAt(time)]);
    assert.deepEqual(await bench.keys(), [at('07T13'), at('07T14')]);
  });

  it('make up for the last of the times that were missed, and for none that is long ago', async () => {
    await using bench = await benchOf(hourly);
    await bench.lookAt(start + 10 * hourMs);
    assert.deepEqual(await bench.keys(), [at('07T22')]);
    await using rare = await benchOf(batch('schedule: { cron: 0 0 8 * * }'));
    await rare.lookAt(start + 10 * 24 * hourMs);
    assert.deepEqual(await rare.keys(), []);
  });

  it('that cannot begin are tried again at the next due time', async () => {
    await using bench = await benchOf(hourly);
    const look = bench.worker();
    await bench.write('rows.csv', 'key,other\nk,1\n');
    await look(start + hourMs);
    await bench.write('rows.csv', 'key,a,b\nk,1,2\n');
    await look(start + hourMs + 1);
    assert.deepEqual(await bench.keys(), []);
    await look(start + 2 * hourMs);
    assert.deepEqual(await bench.keys(), [at('07T14')]);
  });
});

describe('batches on promotion', () => {
  it('begin once for each version that callers get, when it is served', async () => {
    await using bench = await benchOf(promoted);
    const workers = [bench.worker(), bench.worker()];
    const lookAll = async (): Promise<void> => {
      await Promise.all([...workers.map((look) => look(start)), bench.lookAt(start)]);
    };
    await lookAll();
    await lookAll();
    assert.deepEqual(await bench.keys(), ['promotion:own:1']);
    bench.served = (version) => version === '1';
    await bench.write('models/double/2/model.onnx', sampleModels.scale(3));
    await lookAll();
    assert.deepEqual(await bench.keys(), ['promotion:own:1']);
    bench.served = () => true;
    await lookAll();
    assert.deepEqual(await bench.keys(), ['promotion:own:1', 'promotion:own:2']);
    await bench.write('mesh.yaml', 'aliases: { double: { champion: 1 } }\n');
    await lookAll();
    assert.deepEqual(await bench.keys(), ['promotion:own:1', 'promotion:own:2']);
  });
});
