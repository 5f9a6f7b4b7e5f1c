import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { progressText } from './progress-text.ts';
import { createRate } from './rate.ts';

const progress = { isCut: true, rows: 1_000_000, chunks: 1_000, chunksDone: 620, rowsDone: 620_000, rowsFailed: 12 };
const pace = { rowsPerSecond: 12_345, p99Seconds: 0.0123 };

describe('the progress of a batch', () => {
  it('fits the terminal, and leaves out first what matters least', () => {
    assert.equal(
      progressText(progress, pace, 120),
      `${'█'.repeat(14)}${'░'.repeat(10)}  62%  620,000/1,000,000 rows  12,345/s  12 errors  31 s left  online p99 12 ms`,
    );
    for (let columns = 20; columns <= 120; columns++) {
      const text = progressText(progress, pace, columns);
      assert.ok(text.length < columns, `${text.length} of ${columns}`);
      if (columns >= 36)
        assert.match(text, /620,000\/1,000,000 rows {2}12 errors|620,000\/1,000,000 rows {2}12,345\/s {2}12 errors/);
    }
    assert.match(
      progressText(progress, pace, 80),
      /62% {2}620,000\/1,000,000 rows {2}12,345\/s {2}12 errors {2}31 s left$/,
    );
  });

  it('says that more rows are being found while the input is cut', () => {
    const text = progressText({ ...progress, isCut: false }, { rowsPerSecond: undefined, p99Seconds: undefined }, 80);
    assert.equal(text, `${'░'.repeat(24)}  620,000/1,000,000+ rows  12 errors`);
  });

  it('of no rows is none', () => {
    assert.match(
      progressText({ isCut: true, rows: 0, chunks: 0, chunksDone: 0, rowsDone: 0, rowsFailed: 0 }, pace, 80),
      /0\/0 rows/,
    );
  });
});

describe('a rate', () => {
  it('is of the last looks', () => {
    const rate = createRate();
    assert.equal(rate.perSecond, undefined);
    for (let second = 0; second <= 60; second++)
      rate.saw(second < 30 ? 100 * second : 3_000 + 10 * (second - 30), 1000 * second);
    assert.equal(rate.perSecond, 10);
  });
});
