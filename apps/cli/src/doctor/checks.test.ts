import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cases } from '../testing/doctor-cases.ts';
import { well } from '../testing/healthy-look.ts';
import { checks } from './checks.ts';
import type { Look } from './look.ts';

describe('the checks', () => {
  it('has a case for each check', () => {
    assert.deepEqual(Object.keys(cases).sort(), Object.keys(checks).sort());
  });

  for (const [name, { ill, fine = [] }] of Object.entries(cases)) {
    const found = (changed: Partial<Look>): string[] =>
      (checks[name]?.({ ...well, ...changed }) ?? []).map(({ severity, seen, todo }) => {
        assert.notEqual(todo, '');
        return `${severity}: ${seen}`;
      });
    it(`${name} finds what it is for, and nothing else`, () => {
      for (const [changed, expected] of ill) {
        const [first = '', ...others] = found(changed);
        assert.match(first, expected);
        assert.deepEqual(others, []);
      }
      for (const changed of fine) assert.deepEqual(found(changed), []);
    });
  }
});
