import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPath, createPathSet } from './file-paths.ts';

describe('the path of a file that others have named', () => {
  const bad = [
    ...['', '.', '..', '../x', 'a/../../x', 'a/..', '/etc/passwd', '//host/share', 'a//b', 'a/', './a', 'a/./b'],
    ...['..\\x', 'a\\b', 'C:/x', 'c:x', 'a\u0000b', 'a\nb', '\u007f', '.. /x', ' ..', 'a/.. ', '...', 'x/....', 'a /b'],
    ...['\ud800', 'x'.repeat(1025), `${'d/'.repeat(16)}x`],
  ];
  for (const path of bad)
    it(`is not ${JSON.stringify(path).slice(0, 40)}`, () =>
      assert.throws(() => checkPath(path, 'layer 1'), { code: 'FAILED_PRECONDITION', message: /^layer 1: want/ }));

  for (const path of ['model.onnx', 'a/b/c.txt', '.hidden', 'a..b', 'ü/☃.txt', 'sepal length (cm).csv', '..model'])
    it(`is ${path}`, () => checkPath(path, 'layer 1'));

  it('leads to one file, on every system', () => {
    const clashes = [
      ['a', 'a'],
      ['Model.onnx', 'model.onnx'],
      ['a', 'a/b'],
      ['a/b', 'A'],
      ['e\u0301.txt', '\u00e9.txt'],
    ] as const;
    for (const [first, second] of clashes) {
      const paths = createPathSet();
      paths.add(first, 'layer 1');
      assert.throws(() => paths.add(second, 'layer 2'), {
        code: 'FAILED_PRECONDITION',
        message: /^layer 2: want each/,
      });
    }
  });
});
