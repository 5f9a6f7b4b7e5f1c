import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkFilePath, checkTogether } from './file-path.ts';
import { checkEntryName, parseVersionRef } from './names.ts';
import { refusal } from './testing/samples.ts';

const invalid = refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /: want /);

/** Ways out of a folder, and what some program takes for one. */
const traversals = [
  ...['../etc', 'a/../b', '/etc/passwd', '..\\..\\x', '\\\\host\\share', 'file:///etc/passwd', 'C:\\x'],
  // A fraction slash, a division slash, a full-width slash and full stops, one dot leader.
  ...['..\u2044x', '..\u2215x', '..\uff0fx', '\uff0e\uff0e/x', '\u2024\u2024/x'],
  // What bytes of an overlong slash become.
  '..\ufffd\ufffdx',
  ...['a\0b', 'a\rb', 'a\nb', 'a\tb', ' ..', '.. ', ' ', '', '.', '..', 'é', 'a\u200bb', '\ud800'],
];

describe('names of entries', () => {
  it('are letters, digits, dots, underscores and hyphens, a letter or digit first, and nothing else', () => {
    for (const name of [
      ...traversals,
      'a/b',
      '.hidden',
      '-rf',
      '_x',
      'a'.repeat(129),
      'a'.repeat(4_096),
      'a'.repeat(65_536),
    ])
      assert.throws(() => checkEntryName(name), invalid, JSON.stringify(name.slice(0, 80)));
    for (const name of ['a', '7', 'model..1', 'my_model', 'MiniLM-L6.v2', 'a'.repeat(128), 'constructor'])
      checkEntryName(name);
    // Ordinary but for how they begin: refused by the same rule every time.
    for (const name of ['...', '..my_model']) assert.throws(() => checkEntryName(name), invalid);
  });
});

describe('texts that name a version', () => {
  it('are a number, an alias or a digest', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    assert.deepEqual(parseVersionRef('7'), { kind: 'number', version: 7 });
    assert.deepEqual(parseVersionRef(`${Number.MAX_SAFE_INTEGER}`), {
      kind: 'number',
      version: Number.MAX_SAFE_INTEGER,
    });
    assert.deepEqual(parseVersionRef('champion'), { kind: 'alias', alias: 'champion' });
    assert.deepEqual(parseVersionRef('latest'), { kind: 'alias', alias: 'latest' });
    assert.deepEqual(parseVersionRef(digest), { kind: 'digest', digest });
  });

  it('are nothing that only looks like one', () => {
    const wrong = [
      '',
      '0',
      '-1',
      '+1',
      '01',
      '1.5',
      '1e3',
      '0x1',
      ' 1',
      '1 ',
      `${2n ** 53n}`,
      `${2n ** 63n}`,
      `${2n ** 64n}`,
      'latest/../1',
      '１',
      'Champion',
    ];
    for (const text of [...wrong, 'sha256:', `sha256:${'A'.repeat(64)}`, `sha512:${'a'.repeat(64)}`, ...traversals])
      assert.throws(() => parseVersionRef(text), invalid, JSON.stringify(text));
  });
});

describe('paths of files', () => {
  it('stay in their folder, and are one file on every disk', () => {
    const wrong = [
      'a//b',
      'a/',
      '/a',
      './a',
      'a/./b',
      'a/..',
      'a.',
      'a./b',
      'a b',
      'con',
      'a/NUL.txt',
      'com1',
      'a:b',
      'a*',
      'a|b',
      'a"b',
    ];
    const long = ['a'.repeat(129), `${'a/'.repeat(16)}a`, `${`${'a'.repeat(127)}/`.repeat(4)}b`];
    for (const path of [...traversals, ...wrong, ...long])
      assert.throws(() => checkFilePath(path), invalid, JSON.stringify(path));
    for (const path of ['model.onnx', 'weights/part-1.bin', '.npmrc', '@scope/x.js', 'a+b=c~d', 'console/x', '..a/b'])
      checkFilePath(path);
  });

  it('are never two for one file, nor a file and its folder', () => {
    checkTogether(['model.onnx', 'model.yaml', 'a/b', 'a/c', 'a.b']);
    assert.throws(
      () => checkTogether(['Model.onnx', 'model.onnx']),
      refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /more than case/),
    );
    assert.throws(() => checkTogether(['a/b', 'A/B']), invalid);
    assert.throws(
      () => checkTogether(['a/b/c', 'A/b']),
      refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /as the folder of/),
    );
  });
});
