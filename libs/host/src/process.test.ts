import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EndMessage } from './process.ts';

/** Takes 300 ms for the calls that it has. */
const draining = `
import { drainOnSignal } from ${JSON.stringify(new URL('process.ts', import.meta.url).href)};
const done = async () => {};
drainOnSignal({
  server: { announceEnd: done, close: () => new Promise((resolve) => setTimeout(resolve, 300)) },
  noticeMs: 0, graceMs: () => 1_000, tracing: { shutdown: done }, close: done,
});
process.send({ kind: 'ready', port: 1 });
`;

const end: EndMessage = { kind: 'end', notice: true };

describe('a process that drains', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-process-'));
    await writeFile(join(folder, 'draining.mjs'), draining);
  });
  after(() => rm(folder, { recursive: true }));

  /** The exit code of one to which all of that comes; what follows the first word, once it was heard. */
  async function endedBy(...then: (EndMessage | 'SIGTERM' | 'disconnect')[]): Promise<number | null> {
    const child = fork(join(folder, 'draining.mjs'));
    await once(child, 'message');
    const exit = once(child, 'exit');
    let heard = once(child, 'message');
    for (const word of then) {
      if (word === 'SIGTERM') child.kill(word);
      else if (word === 'disconnect') child.disconnect();
      else child.send(word);
      await heard;
      heard = Promise.resolve([]);
    }
    const [code] = (await exit) as [number | null];
    return code;
  }

  it('answers what it has where its whole group was sent SIGTERM and its supervisor ends it too', async () => {
    assert.equal(await endedBy('SIGTERM', end), 0);
    assert.equal(await endedBy(end, 'SIGTERM'), 0);
  });

  it('is forced by a second signal, and when its supervisor goes after it has told it to end', async () => {
    assert.equal(await endedBy('SIGTERM', 'SIGTERM'), 1);
    assert.equal(await endedBy(end, 'disconnect'), 1);
  });
});
