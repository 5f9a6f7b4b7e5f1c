/** A kind of credential needs a file of its own and an entry in the table, and nothing else: shown on a copy of the room's source. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { documentSchema, Problems, record } from '@sheaf/document';
import type * as Identity from '@sheaf/identity';
import type { Principal } from '@sheaf/inference';
import { copyRoom, type RoomCopy } from './room-copy.ts';

const noon = Date.UTC(2026, 5, 1, 12);

let room: RoomCopy;
before(async () => {
  room = await copyRoom('identity');
  await room.add('identity-providers/badges.ts', 'providers/badges.ts');
  await room.enter({
    file: 'providers/index.ts',
    imported: "import { badges } from './badges.ts';\n",
    after: '  certificates,\n',
    entry: '  badges,\n',
  });
});
after(() => room.remove());

describe('a new kind of credential', () => {
  it('does not compile where it says nothing of one of its parts', async () => {
    for (const [part, name] of [
      [/ {2}reference: .*\n/, 'reference'],
      [/ {2}isGuessed: .*\n/, 'isGuessed'],
    ] as const)
      await room.without('providers/badges.ts', part, () =>
        assert.match(
          room.mistakes().join('\n'),
          new RegExp(`^providers/badges\\.ts: Property '${name}' is missing`, 'm'),
        ),
      );
  });

  it('needs nothing else to compile, to be read, to let in and to refuse, and to stand in the schema and on the reference page', async () => {
    assert.deepEqual(room.mistakes(), []);
    const identity: typeof Identity = await import(join(room.source, 'index.ts'));
    const document = record(identity.identityFields);
    const problems = new Problems();
    const authenticateBy = (written: object): Identity.Authenticate => {
      const spec = identity.readIdentity(document.read(written, [], problems) ?? assert.fail(), [], problems);
      return identity.createAuthenticate(spec ?? assert.fail(), { keys: () => new Map(), now: () => noon });
    };
    const authenticate = authenticateBy({
      badges: { '007': { opens: { tenant: 'mi6' } } },
      throttle: { address: 2 },
      anonymous: { tenant: 'everyone' },
    });
    const nothing = { apiKey: undefined, authorization: undefined, certificate: undefined, address: '192.0.2.1' };
    const show = (badge?: string): Principal | Promise<Principal> =>
      authenticate({ ...nothing, metadata: (key) => (key === 'x-badge' ? badge : undefined) });
    assert.deepEqual(show('007'), {
      id: 'badge:007',
      tenant: 'mi6',
      roles: ['infer'],
      models: ['*'],
      priority: 'standard',
      claims: {},
    });
    assert.equal((await show()).id, 'anonymous');
    for (const reason of ['TOKEN_INVALID', 'TOKEN_INVALID', 'AUTHENTICATION_THROTTLED'])
      assert.throws(() => show('008'), { reason });
    // It has been good from there.
    assert.equal((await show('007')).id, 'badge:007');
    assert.throws(() => authenticateBy({})(nothing), {
      message: 'want a credential: x-api-key, authorization: Bearer, a client certificate, or x-badge',
    });
    const bad = { badges: new Map([['a', { tenant: '', roles: [], models: [] }]]) };
    const closed = { keys: true, jwt: [], certificates: [], anonymous: undefined };
    assert.deepEqual(
      identity.identityProblems({ ...closed, ...bad }).map(({ path }) => path),
      ['badges.a'],
    );
    assert.match(JSON.stringify(documentSchema('identity', document)), /Who is let in by `x-badge`\./);
    assert.match(
      identity.identityProviders.flatMap(({ reference }) => reference).join('\n'),
      /### badges\n[\s\S]*`opens`/,
    );
  });
});
