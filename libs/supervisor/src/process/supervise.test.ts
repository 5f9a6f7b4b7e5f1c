import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { pathToFileURL } from 'node:url';
import { supervise } from './supervise.ts';
import type { Supervised } from './supervised.ts';

/** Ends when it is told of outages, and never answers a reload. */
const program = `
process.on('message', ({ kind }) => kind === 'outages' && process.exit(3));
process.send({ kind: 'ready', port: Number(process.argv.at(-1)) });
`;

describe('a process that is looked after', () => {
  let folder: string;
  let starts = 0;
  let onEvent: (line: string) => void = () => {};
  const start = (): Promise<Supervised> =>
    supervise({
      name: 'it',
      module: pathToFileURL(join(folder, 'program.mjs')),
      args: () => {
        starts++;
        return [];
      },
      port: 1,
      graceMs: 100,
      onEvent: (line) => onEvent(line),
    });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-supervise-'));
    await writeFile(join(folder, 'program.mjs'), program);
  });
  after(() => rm(folder, { recursive: true }));

  it('is not started again once it is killed, also where its next start is due already', async () => {
    const process = await start();
    const before = starts;
    const ended = new Promise<string>((resolve) => (onEvent = resolve));
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      process.tell({ kind: 'outages', outages: [] });
      assert.match(await ended, /it starts again in \d+ ms/);
      // The timer is set after its event has been told.
      await Promise.resolve();
      process.kill();
      mock.timers.tick(60_000);
    } finally {
      mock.timers.reset();
    }
    assert.equal(starts, before);
  });

  it('is killed where it hangs over what it is to take up, and that is told', async () => {
    const process = await start();
    mock.timers.enable({ apis: ['setTimeout'] });
    const asked = process.reload({});
    asked.catch(() => {});
    mock.timers.tick(120_000);
    mock.timers.reset();
    await assert.rejects(asked, { message: 'it is killed: it did not take up the change within 120000 ms' });
    process.kill();
  });
});
