import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { readLines } from './child-output.ts';

async function linesOf(chunks: readonly (string | Buffer)[], charsMax = 100): Promise<[string, boolean][]> {
  const lines: [string, boolean][] = [];
  const stream = new PassThrough();
  readLines(stream, charsMax, (line, isWhole) => lines.push([line, isWhole]));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, 'end');
  return lines;
}

describe('lines of a process', () => {
  it('are whole however they come, and none is empty', async () => {
    const text = Buffer.from('one\nzwölf\n\nthree\n');
    const chunks = [...text].map((byte) => Buffer.of(byte));
    assert.deepEqual(await linesOf(chunks), [
      ['one', true],
      ['zwölf', true],
      ['three', true],
    ]);
  });

  it('that have no end are told for what they are: at the end of the stream, and when they are too long', async () => {
    assert.deepEqual(await linesOf(['whole\n{"half":']), [
      ['whole', true],
      ['{"half":', false],
    ]);
    const [first, ...others] = await linesOf(['x'.repeat(100), 'y\n'], 100);
    assert.deepEqual(first, ['x'.repeat(100), false]);
    assert.deepEqual(others, [['y', true]]);
  });
});
