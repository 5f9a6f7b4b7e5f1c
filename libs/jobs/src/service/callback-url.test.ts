import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAllowedHost } from './callback-url.ts';

describe('the hosts that may be told', () => {
  it('are those that are named, those below one with a star, and addresses as they are written in mesh.yaml', () => {
    const hosts = ['*.example.com', 'one.example', 'fd00::1'];
    const asked = {
      'a.example.com': true,
      'a.b.EXAMPLE.com': true,
      'one.example': true,
      '[fd00::1]': true,
      'example.com': false,
      'badexample.com': false,
      'two.one.example': false,
    };
    for (const [host, want] of Object.entries(asked))
      assert.equal(isAllowedHost({ hosts }, new URL(`https://${host}/hook`)), want, host);
  });
});
