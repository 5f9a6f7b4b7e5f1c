/** What it costs to find out whether rows are independent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, type Tensor } from '@sheaf/inference';
import { readModel } from '@sheaf/onnx';
import { sampleModels } from '@sheaf/onnx/testing';
import { joinRows } from '../scheduler/batch.ts';
import type { BatchingOptions } from '../scheduler/call-queue.ts';
import { tryRows } from './row-proof.ts';
import { batchingOf } from './warm-up.ts';

const batching: BatchingOptions = { maxRows: 64, maxQueueDelayMs: 0, preferredRows: [], allowedRows: [] };

describe('calls share a run', () => {
  it('after trials that take no gigabytes, however large a row is', async () => {
    const rowBytes = 3 * 1024 * 1024 * 4;
    let most = 0;
    let rowsRun = 0;
    const verdict = await tryRows({
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3, 1024, 1024] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
      },
      rowsMax: 64,
      runLimitMs: 10_000,
      run: async (rows) => {
        most = Math.max(most, rows.length * rowBytes);
        rowsRun += rows.length;
        const firsts = rows.map(([x]) => elements({ ...(x as Tensor), datatype: 'FP32' })[0] ?? 0);
        return {
          outputs: [{ name: 'y', datatype: 'FP32', shape: [rows.length], memory: Float32Array.from(firsts).buffer }],
          ms: rows.length,
        };
      },
    });
    assert.equal(verdict.independent, true);
    assert.ok(most <= 64 * 2 ** 20, `${most} bytes in one run`);
    assert.ok(rowsRun < 100, `${rowsRun} rows were run`);
  });

  it('after runs that are bounded: a slow model is tried little, and one that comes near its limit not at all', async () => {
    const model = sampleModels.scale(2);
    const { signature } = readModel(model);
    /** Runs as `y = 2x` would, and says that each row took so long. */
    const verdict = (rowMs: number, runLimitMs = 10_000) =>
      tryRows({
        signature,
        rowsMax: 64,
        runLimitMs,
        run: async (rows) => {
          const [x] = joinRows(rows, rows.length);
          const y = Float32Array.from(new Float32Array(x?.memory ?? new ArrayBuffer(0)), (value) => 2 * value);
          const outputs = [{ name: 'y', datatype: 'FP32', shape: [rows.length, 2], memory: y.buffer } as const];
          return { outputs, ms: rowMs * rows.length };
        },
      });
    const [quick, slow, slower, near] = [
      await verdict(0.1),
      await verdict(100),
      await verdict(3_000),
      await verdict(2, 3),
    ];
    assert.deepEqual([quick.independent && quick.rows, slow.independent && slow.rows], [64, 3]);
    assert.ok(slow.ms < 3_000, `${slow.ms} ms`);
    assert.match(slower.independent ? '' : slower.why, /^a row takes 3000 ms, so that 2 are near its run limit$/);
    assert.match(near.independent ? '' : near.why, /^a row takes 2 ms, so that 1 are near its run limit$/);
    const long = await verdict(2_500, 60_000);
    assert.equal(long.independent ? '' : long.why, '30 s did not suffice to try its rows');
  });

  it('in no larger runs than were tried', async () => {
    const cap = batchingOf({ batched: true, rowsMax: 3, why: '' }, { ...batching, allowedRows: [2, 8] });
    assert.deepEqual([cap?.maxRows, cap?.allowedRows], [3, [2]]);
  });
});
