import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sharedBackends } from '@sheaf/limiter';
import { findShared } from './counting.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-redis-url-'));
after(() => rmSync(folder, { recursive: true }));

describe('the place of Redis in the environment', () => {
  it('is a variable, or a file that another one names, or nowhere', () => {
    const file = join(folder, 'url');
    writeFileSync(file, 'rediss://u:secret@host:6380/1\n');
    assert.deepEqual(findShared({ REDIS_URL: 'redis://host' }), {
      backend: sharedBackends.redis,
      place: { env: 'REDIS_URL' },
    });
    assert.deepEqual(findShared({ REDIS_URL_FILE: file }), { backend: sharedBackends.redis, place: { file } });
    for (const env of [{}, { REDIS_URL: '', REDIS_URL_FILE: '' }]) assert.equal(findShared(env), undefined);
  });

  it('is told to be wrong in a sentence that shows no URL', () => {
    const file = join(folder, 'wrong');
    writeFileSync(file, 'http://u:secret@host');
    const cases: [NodeJS.ProcessEnv, string][] = [
      [{ REDIS_URL: 'http://u:secret@host' }, 'REDIS_URL: want redis://... or rediss://..., got something else'],
      [
        { REDIS_URL_FILE: file },
        'REDIS_URL_FILE: the file has to hold a URL: want redis://... or rediss://..., got something else',
      ],
      [{ REDIS_URL_FILE: 'secrets/url' }, 'REDIS_URL_FILE: want an absolute path'],
      [{ REDIS_URL_FILE: join(folder, 'none') }, 'REDIS_URL_FILE: there is no file that can be read'],
      [{ REDIS_URL: 'redis://u:secret@host', REDIS_URL_FILE: file }, 'REDIS_URL_FILE: want it or REDIS_URL, got both'],
    ];
    for (const [env, sentence] of cases) {
      const found = findShared(env);
      assert.equal(found?.problem && `${found.variable}: ${found.problem}`, sentence);
    }
  });
});
