import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileTarget } from './line-target.ts';
import { createLineWriter, type LineWriter, waitingBytesMax } from './line-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-lines-'));
after(() => rmSync(folder, { recursive: true }));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const linesOf = (file: string, onState: (code: string | undefined) => void): LineWriter =>
  createLineWriter({
    target: fileTarget(file),
    lostLine: (lines) => JSON.stringify({ event: 'lines lost', lines }),
    onState,
  });

describe('a file of lines', () => {
  it('is appended to, and begun anew where it was renamed or cut', async () => {
    const file = join(folder, 'rotated.log');
    const lines = linesOf(file, assert.fail);
    lines.write('one');
    await until(() => read(file) === 'one\n');
    truncateSync(file);
    lines.write('two');
    await until(() => read(file) === 'two\n');
    renameSync(file, `${file}.1`);
    let at = 0;
    await until(() => {
      lines.write(`three ${at++}`);
      return read(file).includes('three');
    });
    await lines.close();
    assert.match(read(`${file}.1`), /^two\n(three \d+\n)*$/);
    const written = `${read(`${file}.1`).slice(4)}${read(file)}`;
    assert.deepEqual(
      written.trimEnd().split('\n'),
      Array.from({ length: at }, (_, index) => `three ${index}`),
    );
  });

  it('that cannot be written holds nobody up, keeps a bounded part, and tells once what was lost', async () => {
    const file = join(folder, 'none', 'yet.log');
    const told: (string | undefined)[] = [];
    const lines = linesOf(file, (code) => told.push(code));
    const line = 'x'.repeat(1023);
    const sent = 3 * (waitingBytesMax / 1024);
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < sent; at++) lines.write(line);
    assert.ok(process.memoryUsage().heapUsed - before < 8 * waitingBytesMax);
    await until(() => told.length === 1);
    assert.equal(told[0], 'ENOENT');
    execFileSync('mkdir', [join(folder, 'none')]);
    lines.write('last');
    await until(() => read(file).includes('last'));
    await lines.close();
    const [lost, ...others] = read(file).trimEnd().split('\n').reverse();
    assert.deepEqual(others, ['last']);
    const { event, lines: count } = JSON.parse(lost ?? '');
    assert.deepEqual([event, count], ['lines lost', sent]);
    assert.deepEqual(told, ['ENOENT', undefined]);
    assert.deepEqual(lines.counts(), { written: 1, dropped: sent });
  });
});
