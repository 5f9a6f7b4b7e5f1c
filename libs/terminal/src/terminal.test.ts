import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable, progressBar, table, tree } from './index.ts';

describe('text for a terminal', () => {
  it('has columns as wide as their widest cell, and nothing behind the last', () => {
    assert.equal(
      table([
        ['model', 'state'],
        ['m', 'ready'],
        ['digits', ''],
      ]),
      'model   state\nm       ready\ndigits',
    );
    assert.equal(table([]), '');
  });

  it('draws a tree whose cells stand in columns', () => {
    interface Node {
      readonly name: string;
      readonly below: readonly Node[];
    }
    const leaf = (name: string): Node => ({ name, below: [] });
    const root: Node = { name: 'root', below: [{ name: 'a', below: [leaf('deep')] }, leaf('b')] };
    assert.equal(
      tree(
        root,
        ({ name }) => [name, `${name.length} letters`],
        ({ below }) => below,
      ),
      'root        4 letters\n├─ a        1 letters\n│  └─ deep  4 letters\n└─ b        1 letters',
    );
  });

  it('does nothing to it, whatever others chose', () => {
    assert.equal(printable('\x1b[2Jname\u202e\n'), '?[2Jname??');
  });

  it('shows how far something is at a terminal, and elsewhere its lines alone', () => {
    const written = (isTTY: boolean): string => {
      const pieces: string[] = [];
      const output = { isTTY, write: (text: string) => pieces.push(text) };
      const bar = progressBar('done', 2, output as unknown as typeof process.stdout);
      bar.log('half');
      bar.tick();
      bar.end();
      return pieces.join('').replaceAll('\r\x1b[K', '<');
    };
    assert.equal(written(false), 'half\n');
    const none = `<${'░'.repeat(30)} 0 of 2 done`;
    assert.equal(written(true), `${none}<half\n${none}<${'█'.repeat(15)}${'░'.repeat(15)} 1 of 2 done<`);
  });
});
