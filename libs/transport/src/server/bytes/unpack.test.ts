import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { BytesInFlight } from './bytes-in-flight.ts';
import { UnpackedTooLarge, unpack } from './unpack.ts';

const MiB = 2 ** 20;
const budget = () => new BytesInFlight(64 * MiB);
const some = (bytes: number): Buffer => Buffer.alloc(bytes, 'some of it ');

describe('a packed message', () => {
  for (const bytes of [0, 1, 128 * 1024, 128 * 1024 + 1, 3 * MiB])
    it(`of ${bytes} bytes is unpacked, and counted`, async () => {
      const inFlight = budget();
      for (const [packing, pack] of [
        ['gzip', gzipSync],
        ['deflate', deflateSync],
      ] as const) {
        const hold = inFlight.open(inFlight.shareOfTenant('a'));
        assert.ok((await unpack(pack(some(bytes)), packing, 4 * MiB, hold)).equals(some(bytes)));
        assert.ok(inFlight.used >= bytes, `${inFlight.used}`);
        hold.release();
      }
      assert.equal(inFlight.used, 0);
    });

  it('is refused as soon as it is larger than it may be', async () => {
    for (const bytesMax of [1_000, MiB])
      await assert.rejects(
        unpack(gzipSync(some(bytesMax + 1)), 'gzip', bytesMax, budget().open(undefined)),
        UnpackedTooLarge,
      );
  });

  it('that says it is small and is not is refused when it has no more room, not when it has taken all', async () => {
    const inFlight = budget();
    const [a, b] = [inFlight.open(inFlight.shareOfTenant('a')), inFlight.open(inFlight.shareOfTenant('b'))];
    assert.equal(a.reserve(14 * MiB), undefined);
    const bomb = gzipSync(Buffer.alloc(32 * MiB));
    bomb.writeUInt32LE(1, bomb.length - 4);
    // Whether zlib sees the lie comes at the very end.
    await assert.rejects(unpack(bomb, 'gzip', 32 * MiB, b), { code: 'RESOURCE_EXHAUSTED', reason: 'BYTES_IN_FLIGHT' });
    assert.ok(inFlight.used < inFlight.max);
  });

  it('waits for its room where it says how much it needs, and then for its turn: none of another share waits behind many of one', async () => {
    const inFlight = new BytesInFlight(1024 * MiB);
    const packed = gzipSync(some(2 * MiB));
    const order: string[] = [];
    const work = ['a', 'a', 'a', 'a', 'a', 'a', 'b'].map(async (tenant) => {
      const hold = inFlight.open(inFlight.shareOfTenant(tenant));
      await unpack(packed, 'gzip', 4 * MiB, hold);
      hold.release();
      order.push(tenant);
    });
    await Promise.all(work);
    assert.ok(order.indexOf('b') < 4, order.join());
    assert.equal(inFlight.used, 0);
  });
});
