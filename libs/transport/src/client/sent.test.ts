import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf } from '../testing/fake-model.ts';
import { createSent } from './sent.ts';

describe('what is handed on of the metadata of a caller', () => {
  const handedOn = (value: string): string | undefined => {
    const sent = createSent('far', { forward: ['x-user'] });
    const metadata = (key: string) => (key === 'x-user' ? value : undefined);
    return sent({ ...contextOf(), metadata }).get('x-user');
  };
  for (const [value, expected] of [
    ['Anna', 'Anna'],
    ['a=b%20c', 'a=b%20c'],
    ['Zoë', 'Zo%C3%AB'],
    ['a\tb\u{1f600}', 'a%09b%F0%9F%98%80'],
    ['half of one: \ud83d', 'half of one: %EF%BF%BD'],
    ['a\r\nx-admin: 1', 'a%0D%0Ax-admin: 1'],
  ] as const)
    it(`is ${JSON.stringify(expected)} of ${JSON.stringify(value)}`, () => assert.equal(handedOn(value), expected));
});
