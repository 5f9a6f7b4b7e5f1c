import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkExposure, type InternalServer } from './internal-server.ts';

const own: InternalServer = {
  name: 'service digits',
  host: '127.0.0.1',
  isLoopback: true,
  isTls: false,
  secret: 's',
  isOpen: false,
  isInsecure: false,
};
const elsewhere = { host: '0.0.0.0', isLoopback: false };

describe('an internal server', () => {
  it('is opened where it asks for something, and beyond this machine where it is encrypted', () => {
    for (const changed of [{}, { secret: undefined, isTls: true }, { ...elsewhere, isTls: true, secret: undefined }])
      checkExposure({ ...own, ...changed });
  });

  it('is opened where it is said that this is meant', () => {
    for (const changed of [
      { secret: undefined, isOpen: true },
      { ...elsewhere, isInsecure: true },
      { ...elsewhere, isInsecure: true, secret: undefined, isOpen: true },
    ])
      checkExposure({ ...own, ...changed });
  });

  const refused: [string, Partial<InternalServer>, RegExp][] = [
    ['that asks nobody', { secret: undefined }, /^service digits would answer whoever .* secret: \{.* or --open,/],
    ['that asks nobody, though it says --insecure', { secret: undefined, isInsecure: true }, /or --open,/],
    ['in plain text', elsewhere, /^service digits: 0\.0\.0\.0 is not loopback, .* tls: \{.* or --insecure,/],
    ['in plain text, though it says --open', { ...elsewhere, isOpen: true }, /or --insecure,/],
  ];
  for (const [name, changed, message] of refused)
    it(`is not opened ${name}`, () => {
      assert.throws(() => checkExposure({ ...own, ...changed }), { code: 'FAILED_PRECONDITION', message });
    });
});
