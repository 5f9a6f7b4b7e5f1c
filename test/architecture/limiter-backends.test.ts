/** A backend of the limiter needs a file of its own and an entry in the table, and nothing else: shown on a copy of the room's source. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMemoryLimiter, type SharedBackend } from '@sheaf/limiter';
import { limiterContract } from '../../libs/limiter/src/testing/limiter-contract.ts';
import { copyRoom, type RoomCopy } from './room-copy.ts';

let room: RoomCopy;
before(async () => {
  room = await copyRoom('limiter');
  await room.add('limiter-backends/ledger.ts', 'ledger.ts');
  await room.enter({
    file: 'shared-backends.ts',
    imported: "import { ledger } from './ledger.ts';\n",
    after: '  redis,\n',
    entry: '  ledger,\n',
  });
});
after(() => room.remove());

async function added(): Promise<SharedBackend> {
  const { sharedBackends } = await import(join(room.source, 'index.ts'));
  return sharedBackends.ledger;
}

describe('a new backend of the limiter', () => {
  it('does not compile where it says nothing of one of its parts', () =>
    room.without('ledger.ts', / {2}isUrl: .*\n/, () =>
      assert.match(room.mistakes().join('\n'), /^ledger\.ts: Property 'isUrl' is missing/),
    ));

  it('needs nothing else to compile, and to be found by its variable', async () => {
    assert.deepEqual(room.mistakes(), []);
    assert.equal((await added()).variable, 'LEDGER_URL');
  });
});

limiterContract('a new backend of the limiter', async (time) => {
  const { open } = await added();
  const fallback = createMemoryLimiter({ now: () => time.now, wallNow: () => time.now });
  return open({ url: 'ledger://here', whenGone: 'closed', share: 1, fallback, now: () => time.now });
});
