import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onOneLine, textOf } from './text-line.ts';

describe('an event as text', () => {
  it('is its sentence, as whoever tells it has written it', () => {
    const entry = {
      room: 'supervisor',
      level: 'error',
      message: 'a.yaml:1: wrong\nb.yaml:2: \tzwölf 👍',
      cause: undefined,
    } as const;
    assert.equal(textOf(entry), 'a.yaml:1: wrong\nb.yaml:2: \tzwölf 👍');
    assert.equal(textOf({ ...entry, level: 'debug', message: 'x' }), 'debug supervisor: x');
  });

  it('moves no cursor, and forges no line, by what an error says', () => {
    const cause = new Error('no "\u001b[2J\u009b31m\r\u202e"\nthe mesh is up');
    const text = textOf({ room: 'runtime', level: 'error', message: 'a\u001b[31m run failed', cause });
    assert.match(text, /^a\?\[31m run failed: Error: no "\?\[2J\?31m\?\?"\n {2}the mesh is up\n/);
    assert.ok(!/^\S/m.test(text.slice(text.indexOf('\n'))), text);
  });

  it('has what callers say on one line', () => {
    assert.equal(onOneLine('no "a\r\nthe mesh is up\u2028\u001b[31m"'), 'no "a the mesh is up [31m"');
  });
});
