import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  elements,
  InferError,
  type InferResponse,
  type RequestContent,
  type Signature,
  tensorOf,
} from '@sheaf/inference';
import { jsonElements } from '@sheaf/tensor-io';
import { decodeOutputs } from './answers/row-outputs.ts';
import { openInput } from './input/open-input.ts';
import { compileMapping } from './mapping/compile.ts';
import { type ChunkRun, runChunk } from './run-chunk.ts';
import { collect } from './testing/read-all.ts';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};

const numbersIn = ({ inputs: [x] }: RequestContent): number[] =>
  x?.datatype === 'FP32' ? [...elements({ ...x, datatype: 'FP32' })] : [];

function doubled(content: RequestContent): InferResponse {
  const numbers = numbersIn(content);
  const y = tensorOf('y', 'FP32', [numbers.length, 2], Float32Array.from(numbers.flatMap((n) => [n, 2 * n])));
  return { model: 'm', version: '1', parameters: new Map(), outputs: [y] };
}

async function run(cells: readonly string[], rest: Partial<ChunkRun>) {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-chunk-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  const path = join(folder, 'in.csv');
  await writeFile(path, `id,x\n${cells.map((cell, id) => `k${id},${cell}\n`).join('')}`);
  const input = await openInput({ path });
  const [range] = await collect(input.cut({ rowsMax: 1_000 }));
  assert.ok(range);
  const mapping = compileMapping(
    { key: ['id'], tensors: [{ tensor: 'x', columns: ['x'], from: 'values' }], outputs: [] },
    signature,
    input,
  );
  return await runChunk({
    input,
    range,
    mapping,
    ask: async (content) => doubled(content),
    requestRowsMax: 4,
    inFlightMax: () => 2,
    ...rest,
  });
}

describe('a chunk', () => {
  it('has an answer or an error for each of its rows, in their order', async () => {
    const told: [number, number][] = [];
    const { rows, errors } = await run(['1', 'a', '3', '4', '5', '6', '7'], {
      onRows: (...counts) => told.push(counts),
    });
    assert.deepEqual(
      rows.map(({ row, key }) => [row, key]),
      [1, 3, 4, 5, 6, 7].map((row) => [row, `k${row - 1}`]),
    );
    assert.deepEqual(
      rows.map(({ outputs }) => decodeOutputs(outputs).map((y) => [y.name, y.shape, jsonElements(y)])),
      [1, 3, 4, 5, 6, 7].map((n) => [['y', [2], [n, 2 * n]]]),
    );
    assert.deepEqual(
      errors.map(({ row, key, column }) => [row, key, column]),
      [[2, 'k1', 'x']],
    );
    assert.deepEqual(
      told.reduce(([done, failed], [d, f]) => [done + d, failed + f], [0, 0]),
      [7, 1],
    );
  });

  it('finds the rows that a request is refused for, and has the others answered', async () => {
    const ask = async (content: RequestContent): Promise<InferResponse> => {
      if (numbersIn(content).some((n) => n < 0)) throw new InferError('INVALID_ARGUMENT', 'want no negative number');
      return doubled(content);
    };
    const { rows, errors } = await run(['1', '2', '-3', '4', '5', '-6'], { ask });
    assert.deepEqual(
      rows.map(({ row }) => row),
      [1, 2, 4, 5],
    );
    assert.deepEqual(
      errors,
      [3, 6].map((row) => ({ row, key: `k${row - 1}`, code: 'INVALID_ARGUMENT', message: 'want no negative number' })),
    );
  });

  it('fails as a whole where the failure is not about a row, until there is no other try', async () => {
    const ask = async (content: RequestContent): Promise<InferResponse> => {
      if (numbersIn(content).includes(3))
        throw new InferError('UNAVAILABLE', 'the process ended', { progress: 'lost' });
      return doubled(content);
    };
    await assert.rejects(run(['1', '2', '3', '4'], { ask }), { code: 'UNAVAILABLE' });
    const { rows, errors } = await run(['1', '2', '3', '4'], { ask, isLastTry: true });
    assert.deepEqual(
      rows.map(({ row }) => row),
      [1, 2, 4],
    );
    assert.deepEqual(
      errors.map(({ row, code }) => [row, code]),
      [[3, 'UNAVAILABLE']],
    );
    const overloaded = async (): Promise<InferResponse> => {
      throw new InferError('UNAVAILABLE', 'overloaded', { reason: 'OVERLOADED', progress: 'not-begun' });
    };
    await assert.rejects(run(['1'], { ask: overloaded, isLastTry: true }), { code: 'UNAVAILABLE' });
  });

  it('has no more requests under way than are allowed at that time', async () => {
    let [underWay, most, allowed] = [0, 0, 3];
    const ask = async (content: RequestContent): Promise<InferResponse> => {
      most = Math.max(most, ++underWay);
      assert.ok(underWay <= Math.max(allowed, 1), `${underWay} of ${allowed}`);
      await new Promise(setImmediate);
      underWay--;
      if (content.inputs.length > 0 && most === 3) allowed = 1;
      return doubled(content);
    };
    const { rows } = await run(
      Array.from({ length: 40 }, (_, n) => String(n)),
      { ask, requestRowsMax: 1, inFlightMax: () => (underWay > allowed ? 1 : allowed) },
    );
    assert.equal(rows.length, 40);
    assert.equal(most, 3);
  });

  it('ends when it is cancelled', async () => {
    const abort = new AbortController();
    let asked = 0;
    const ask = async (content: RequestContent): Promise<InferResponse> => {
      if (++asked === 2) abort.abort();
      return doubled(content);
    };
    await assert.rejects(
      run(['1', '2', '3', '4', '5', '6'], { ask, requestRowsMax: 1, inFlightMax: () => 1, signal: abort.signal }),
      { code: 'CANCELLED' },
    );
    assert.equal(asked, 2);
  });
});
