import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type LogEntry, sendLogTo } from '@sheaf/inference';
import type { CopyTold } from '@sheaf/rollout';
import { createShadowTeller } from './shadow-teller.ts';

const copy = (result: CopyTold['result'], why = ''): CopyTold => ({
  name: 'digits',
  version: '2',
  result,
  comparison: { agrees: result === 'agreed', isFailed: result === 'failed', rules: [], outputs: [], score: 0, why },
});

describe('what the log is told of shadows', () => {
  const lines: LogEntry[] = [];
  const back = sendLogTo((entry) => void lines.push(entry));
  after(back);

  it('is a line for answers that differ, with those in between counted', () => {
    let nowMs = 0;
    const tell = createShadowTeller(() => nowMs);
    tell(copy('agreed'));
    assert.equal(lines.length, 0);
    tell(copy('differed', '"y" is 3 apart'));
    for (let call = 0; call < 5; call++) tell(copy('failed', 'the copy failed: INTERNAL'));
    assert.equal(lines.length, 1);
    nowMs = 10_000;
    tell(copy('differed', '"y" is 4 apart'));
    assert.equal(lines.length, 2);
    assert.match(JSON.stringify(lines[0]), /1 of 2 copies agreed, 0 failed; the last: .{2}y.{2} is 3 apart/);
    assert.match(JSON.stringify(lines[1]), /0 of 6 copies agreed, 5 failed/);
  });
});
