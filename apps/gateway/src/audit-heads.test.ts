import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditHead, ChainedEntry } from '@sheaf/store';
import { followHeads } from './audit-heads.ts';

const entry = (sequence: number, hash: string): ChainedEntry => ({
  at: 1,
  actor: 'a',
  action: 'b',
  subject: 'c',
  detail: '',
  sequence,
  hash,
});

/** A trail that can be written anew, as those that are kept cannot. */
function open(entries: ChainedEntry[]) {
  let ring = (): void => {};
  const heads: string[] = [];
  const alarms: string[] = [];
  const audit = {
    head: async (): Promise<AuditHead> => entries.at(-1) ?? { sequence: 0, hash: '0' },
    entries: async (after: number, limit: number) => entries.slice(after, after + limit),
  };
  const end = followHeads(
    {
      audit: { ...audit, append: () => assert.fail(), verify: () => assert.fail() },
      onAuditChanged: (task) => {
        ring = task;
        return () => {};
      },
    },
    { tell: ({ sequence, hash }) => heads.push(`${sequence}:${hash}`), alarm: (line) => alarms.push(line) },
  );
  const change = async (): Promise<void> => {
    ring();
    await new Promise(setImmediate);
  };
  return { heads, alarms, change, end };
}

describe('the heads of the audit trail', () => {
  it('are told from the start, once each, and none while it is empty', async () => {
    const entries: ChainedEntry[] = [];
    const { heads, alarms, change, end } = open(entries);
    await change();
    entries.push(entry(1, 'a'));
    await change();
    await change();
    entries.push(entry(2, 'b'), entry(3, 'c'));
    await change();
    assert.deepEqual([heads, alarms], [['1:a', '3:c'], []]);
    end();
    const later = open(entries);
    await later.change();
    assert.deepEqual(later.heads, ['3:c']);
    later.end();
  });

  it('raise an alarm when the trail was cut, also when it has grown again since', async () => {
    const entries = [entry(1, 'a'), entry(2, 'b'), entry(3, 'c')];
    const { heads, alarms, change, end } = open(entries);
    await change();
    entries.splice(1, 2);
    await change();
    entries.splice(0, 1, entry(1, 'x'), entry(2, 'y'));
    await change();
    const cut = 'THE AUDIT TRAIL WAS CUT OR WRITTEN ANEW: it held';
    assert.deepEqual(alarms, [`${cut} 3:c, and ends with 1:a now`, `${cut} 1:a, and ends with 2:y now`]);
    assert.deepEqual(heads, ['3:c', '1:a', '2:y']);
    end();
  });
});
