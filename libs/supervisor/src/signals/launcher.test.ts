import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { areThere, launchersOf, type ProcessEntry } from './launcher.ts';

const own = 50;
const entry = (command: string, parent: number, group = 10): ProcessEntry => ({ command, parent, group });
const entries = (table: Readonly<Record<number, ProcessEntry>>) => (pid: number) => table[pid];
const byNpm = { npm_lifecycle_event: 'npx' };
/** bash of a person, npm, its shell, this command. */
const throughShell = {
  5: entry('bash', 1, 5),
  10: entry('npm exec sheaf', 5),
  20: entry('sh', 10),
  50: entry('node', 20),
};
const launched = (parent: number, table: Readonly<Record<number, ProcessEntry>>, env: NodeJS.ProcessEnv = byNpm) =>
  launchersOf({ pid: own, parent, env, entryOf: entries(table) });

describe('who started a command for somebody', () => {
  it('is npm and the shell between, and never the shell of the person, which may end', () => {
    assert.deepEqual(launched(20, throughShell), [20, 10]);
    // A shell that hands itself over to its last command is not there.
    assert.deepEqual(launched(10, { ...throughShell, 50: entry('node', 10) }), [10]);
  });

  it('is nobody without npm, and for what has a group of its own, since it is meant to live on', () => {
    assert.deepEqual(launched(20, throughShell, {}), []);
    assert.deepEqual(launched(20, { ...throughShell, 50: entry('node', 20, own) }), []);
  });

  it('is also our own bin where it handed over to another Node, with npm before it or without', () => {
    const handedOver = { ...throughShell, 30: entry('node', 20), 50: entry('node', 30) };
    assert.deepEqual(launched(30, handedOver, { ...byNpm, SHEAF_LAUNCHER_PID: '30' }), [30, 20, 10]);
    assert.deepEqual(launched(30, handedOver, { SHEAF_LAUNCHER_PID: '30' }), [30]);
    // Of a launcher further up, which started what started us.
    assert.deepEqual(launched(20, throughShell, { SHEAF_LAUNCHER_PID: '30' }), []);
  });

  it('is the parent alone where the system tells nothing of processes', () => {
    assert.deepEqual(launched(20, {}), [20]);
  });

  it('is gone when one of them has another parent than before', () => {
    const there = (parent: number, table: Readonly<Record<number, ProcessEntry>>): boolean =>
      areThere([20, 10], { parent, entryOf: entries(table) });
    assert.ok(there(20, throughShell));
    assert.ok(!there(1, throughShell));
    assert.ok(!there(20, { ...throughShell, 20: entry('sh', 1) }));
    assert.ok(!there(20, { 10: entry('npm', 5) }));
  });
});
