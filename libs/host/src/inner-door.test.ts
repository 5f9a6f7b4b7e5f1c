import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkInnerDoor, type InnerDoor } from './inner-door.ts';

const own: InnerDoor = {
  name: 'service digits',
  host: '127.0.0.1',
  isLoopback: true,
  isTls: false,
  secret: 's',
  isOpen: false,
  isInsecure: false,
};
const elsewhere = { host: '0.0.0.0', isLoopback: false };

describe('a door inside a mesh', () => {
  it('is opened where it asks for something, and beyond this machine where it is encrypted', () => {
    for (const door of [{}, { secret: undefined, isTls: true }, { ...elsewhere, isTls: true, secret: undefined }])
      checkInnerDoor({ ...own, ...door });
  });

  it('is opened where it is said that this is meant', () => {
    for (const door of [
      { secret: undefined, isOpen: true },
      { ...elsewhere, isInsecure: true },
      { ...elsewhere, isInsecure: true, secret: undefined, isOpen: true },
    ])
      checkInnerDoor({ ...own, ...door });
  });

  const refused: [string, Partial<InnerDoor>, RegExp][] = [
    ['that asks nobody', { secret: undefined }, /^service digits would answer whoever .* secret: \{.* or --open,/],
    ['that asks nobody, though it says --insecure', { secret: undefined, isInsecure: true }, /or --open,/],
    ['in plain text', elsewhere, /^service digits: 0\.0\.0\.0 is not loopback, .* tls: \{.* or --insecure,/],
    ['in plain text, though it says --open', { ...elsewhere, isOpen: true }, /or --insecure,/],
  ];
  for (const [name, door, message] of refused)
    it(`is not opened ${name}`, () => {
      assert.throws(() => checkInnerDoor({ ...own, ...door }), { code: 'FAILED_PRECONDITION', message });
    });
});
