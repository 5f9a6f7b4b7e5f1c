import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { serverOf } from './server-options.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-key-'));
after(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const key = (values: object, env: NodeJS.ProcessEnv = {}): string | undefined =>
  serverOf(values as never, env).metadata['x-api-key'];

describe('the API key of a command', () => {
  const good = write('good', 'sheaf_of-file\n');

  it('comes from an option, a file, the environment, or a file that the environment names; what is typed counts first', () => {
    assert.equal(key({}), undefined);
    assert.equal(key({ key: 'sheaf_typed' }, { SHEAF_API_KEY: 'sheaf_known' }), 'sheaf_typed');
    assert.equal(key({ 'key-file': good }, { SHEAF_API_KEY: 'sheaf_known' }), 'sheaf_of-file');
    assert.equal(key({}, { SHEAF_API_KEY: ' sheaf_known\n' }), 'sheaf_known');
    assert.equal(key({}, { SHEAF_API_KEY_FILE: good, SHEAF_API_KEY: '' }), 'sheaf_of-file');
  });

  it('that is none is told with the place where it was found, and not shown', () => {
    const bad = write('bad', 'my secret');
    const none = join(folder, 'none');
    const cases: [object, NodeJS.ProcessEnv, string][] = [
      [{ 'key-file': bad }, {}, `--key-file: ${bad} holds no API key, sheaf_..., in one line`],
      [{ 'key-file': none }, {}, `--key-file: ${none} cannot be read (ENOENT)`],
      [{}, { SHEAF_API_KEY_FILE: none }, `SHEAF_API_KEY_FILE: ${none} cannot be read (ENOENT)`],
      [{ key: 'sheaf_a', 'key-file': good }, {}, 'want one of --key and --key-file, got both'],
      [
        {},
        { SHEAF_API_KEY: 'sheaf_a', SHEAF_API_KEY_FILE: good },
        'want one of SHEAF_API_KEY and SHEAF_API_KEY_FILE, got both',
      ],
      [{ key: 'my secret' }, {}, '--key: want an API key, sheaf_...; the key of a certificate goes to --cert-key'],
    ];
    for (const [values, env, message] of cases) assert.throws(() => key(values, env), { message });
  });
});
