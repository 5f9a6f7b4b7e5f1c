import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Problems, record } from '@sheaf/document';
import { identityFields, placeFiles, readIdentity } from './identity-spec.ts';

describe('the files that an identity spec names', () => {
  it('are told by the kind of credential that names them, each with its place, and put where they are', () => {
    const issuer = { issuer: 'i', audience: 'a', algorithms: ['ES256'], tenant: 't' };
    const problems = new Problems();
    const written = record(identityFields).read(
      {
        jwt: [
          { ...issuer, jwks: './keys.json' },
          { ...issuer, issuer: 'j', jwks: 'https://id.example/keys', ca: './ca.pem' },
        ],
      },
      [],
      problems,
    );
    const spec = readIdentity(written ?? assert.fail(), [], problems) ?? assert.fail();
    const told: unknown[] = [];
    const { jwt, throttle } = placeFiles(spec, (path, name, wrong) => {
      told.push([path.join('.'), name, wrong?.(Buffer.from('no certificate'))]);
      return name.replace('.', '/mesh');
    });
    assert.deepEqual(told, [
      ['jwt.0.jwks', './keys.json', undefined],
      ['jwt.1.ca', './ca.pem', 'want a certificate in PEM; "./ca.pem" holds none'],
    ]);
    assert.deepEqual(
      jwt.map(({ jwks, ca }) => [jwks, ca]),
      [
        ['/mesh/keys.json', undefined],
        ['https://id.example/keys', '/mesh/ca.pem'],
      ],
    );
    assert.equal(throttle, spec.throttle);
  });
});
