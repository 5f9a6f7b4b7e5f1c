import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InferError } from '@sheaf/inference';
import { asPostgresError, checkDatabaseUrl } from './postgres-failures.ts';

/** As the driver throws it. */
const failure = (code: string): Error => Object.assign(new Error('at 10.0.0.1, of user sheaf'), { code });

describe('how a Postgres fails', () => {
  const reasons: readonly (readonly [string, string])[] = [
    ['ECONNREFUSED', 'REGISTRY_UNAVAILABLE'],
    ['57P01', 'REGISTRY_UNAVAILABLE'],
    ['53300', 'REGISTRY_UNAVAILABLE'],
    ['53100', 'REGISTRY_FULL'],
    ['28P01', 'REGISTRY_DENIED'],
    ['3D000', 'REGISTRY_DENIED'],
    ['25006', 'REGISTRY_READ_ONLY'],
    ['57014', 'REGISTRY_LOCKED'],
    ['XX001', 'REGISTRY_CORRUPT'],
    ['42P01', 'REGISTRY_FAILED'],
  ];
  for (const [state, reason] of reasons)
    it(`says ${reason} of ${state}, and nothing of the server`, () => {
      const error = asPostgresError('registry', failure(state));
      assert.equal(error.reason, reason);
      assert.doesNotMatch(error.message, /10\.0\.0\.1|user sheaf/);
    });

  it('says that nobody knows whether a change was made whose COMMIT got no answer', () => {
    assert.equal(asPostgresError('registry', failure('ECONNRESET'), true).reason, 'REGISTRY_LOST');
  });

  for (const url of [
    '',
    'secret',
    'mysql://user:secret@host/database',
    'postgres//user:secret@host',
    'postgres://user:secret@host:port/x',
  ])
    it(`refuses "${url}" as a URL in one sentence that does not hold it`, () => {
      assert.throws(
        () => checkDatabaseUrl('registry', url),
        ({ code, message }: InferError) =>
          code === 'INVALID_ARGUMENT' && message.startsWith('DATABASE_URL: want') && !message.includes('secret'),
      );
    });
});
