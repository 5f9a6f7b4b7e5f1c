import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openState } from './open-state.ts';
import type { ChainedEntry, State } from './state.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-state-'));
after(() => rmSync(folder, { recursive: true }));

const program = fileURLToPath(new URL('./testing/writing-process.ts', import.meta.url));

/** Kills the process in the middle of its work, after some number of lines; answers what it had told until then. */
async function runAndKill(child: ChildProcess, linesWanted: number): Promise<string[]> {
  let told = '';
  let complaints = '';
  child.stderr?.on('data', (chunk) => (complaints += chunk));
  child.stdout?.on('data', (chunk) => {
    told += chunk;
    if (told.split('\n').length > linesWanted) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', complaints);
  // Nor does the engine warn that its database is experimental.
  assert.equal(complaints, '');
  return told.split('\n').slice(0, -1);
}

async function allEntries({ audit }: State): Promise<ChainedEntry[]> {
  const all: ChainedEntry[] = [];
  for (;;) {
    const page = await audit.entries(all.length, 1_000);
    all.push(...page);
    if (page.length < 1_000) return all;
  }
}

describe('a process that is killed while it writes', () => {
  it('has kept every write that it acknowledged, ten times out of ten, beside another one that is killed too', async () => {
    const told: string[] = [];
    for (let round = 0; round < 10; round++) {
      const children = ['a', 'b'].map((name) =>
        spawn(process.execPath, [program, folder, `${name}${round}`], { stdio: ['ignore', 'pipe', 'pipe'] }),
      );
      const lines = await Promise.all(children.map((child, index) => runAndKill(child, 40 + 17 * round + 50 * index)));
      told.push(...lines.flat());

      const state = await openState(folder);
      const ids = new Set((await state.keys.list()).map(({ id }) => id));
      const entries = await allEntries(state);
      for (const line of told) {
        const [kind, first = '', id] = line.split(' ');
        if (kind === 'key') assert.ok(ids.has(first), line);
        if (kind === 'entry') assert.equal(entries[Number(first) - 1]?.subject, id, line);
      }
      const units = told.filter((line) => line === 'unit').length;
      assert.ok((await state.quotas.used('k', 'may')) >= units);
      assert.equal(await state.audit.verify(), undefined);
      await state.close();
    }
    assert.ok(told.length > 2_000, `only ${told.length} writes were acknowledged`);
  });
});
