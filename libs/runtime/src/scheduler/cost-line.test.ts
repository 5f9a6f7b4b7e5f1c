import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CostLine } from './cost-line.ts';

describe('the cost line', () => {
  const learned = (runs: readonly [number, number][]): { fixedMs: number; rowMs: number } => {
    const line = new CostLine();
    for (const [rows, ms] of runs) line.add(rows, ms);
    const { fixedMs, rowMs } = line.cost;
    return { fixedMs: Number(fixedMs.toFixed(6)), rowMs: Number(rowMs.toFixed(6)) };
  };
  const runs = (count: number, ms: (rows: number) => number): [number, number][] =>
    Array.from({ length: count }, (_, index) => [1 + (index % 7), ms(1 + (index % 7))]);

  it('is unknown before eight runs', () => {
    assert.deepEqual(learned(runs(7, () => 5)), { fixedMs: 0, rowMs: 0 });
  });

  it('finds what a run and what a row costs', () => {
    assert.deepEqual(learned(runs(100, (rows) => 2 + 0.25 * rows)), { fixedMs: 2, rowMs: 0.25 });
  });

  it('counts all as fixed while all runs have as many rows', () => {
    assert.deepEqual(learned(Array.from({ length: 20 }, () => [4, 3])), { fixedMs: 3, rowMs: 0 });
  });

  it('forgets: a machine that got twice as slow is known after a few hundred runs', () => {
    const { fixedMs, rowMs } = learned([...runs(1000, (rows) => 2 + rows), ...runs(600, (rows) => 4 + 2 * rows)]);
    assert.ok(Math.abs(fixedMs - 4) < 0.05 && Math.abs(rowMs - 2) < 0.05, `${fixedMs} ${rowMs}`);
  });

  it('is never negative, whatever was measured', () => {
    assert.deepEqual(learned(runs(50, (rows) => 10 - rows)).rowMs, 0);
    assert.ok(learned(runs(50, (rows) => Math.max(0, rows - 5))).fixedMs >= 0);
  });
});
