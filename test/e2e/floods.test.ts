/** Floods and callers that leave, with small numbers; `test/faults` has the large ones, and measures what they cost. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { defaultLimits } from '@sheaf/inference';
import { createRemote } from '@sheaf/transport';
import { cutConnections, leaveCalls, restOf } from '../faults/cancels.ts';
import { floods, OpenConnections, sendFlood } from '../faults/floods.ts';
import { enhanceYourCalm, RawPeer } from '../faults/frames.ts';
import { isRight, openFiles, openTargets, sleep, type Targets } from '../faults/target.ts';
import { testSecret } from '../support/mesh-secret.ts';
import { waitFor } from '../support/wait-for.ts';

let targets: Targets;
let pids: readonly number[];
before(async () => {
  targets = await openTargets();
  pids = targets.pids();
});
after(async () => {
  await targets?.[Symbol.asyncDispose]();
});

/** A fifth of the floods; what is closed by its size is sent as it is. */
const scale = 0.2;
/** What only we close; of PINGs HTTP/2 itself may be weary first. */
const ours = ['settings', 'window-update', 'slow-reader'];

for (const server of ['gateway', 'service'] as const) {
  describe(`a flood on one connection, at the ${server}`, () => {
    for (const flood of floods)
      it(`is closed and leaves nothing behind: ${flood.fault}`, async () => {
        const { isClosed, goAway } = await sendFlood(targets[server], flood, scale);
        assert.ok(isClosed, 'it was not closed');
        // A connection that is cut while its peer still sends may lose its last word.
        if (ours.includes(flood.name))
          assert.ok(goAway === undefined || goAway === enhanceYourCalm, `GOAWAY ${goAway}`);
        assert.ok(await isRight(targets[server]), 'the next request was not answered well');
        assert.deepEqual(targets.pids(), pids);
      });

    it('does not take a decent client for one: a connection that waits is still there, and its caller served', async () => {
      using peer = await RawPeer.open(targets[server].address);
      const client = targets[server].connect();
      await leaveCalls(client, 100, 10);
      await sleep(500);
      client.close();
      assert.equal(peer.isClosed, false);
      assert.equal(peer.goAway, undefined);
    });
  });
}

describe('connections of one address that never call', () => {
  it('are closed from the oldest on when they are too many', async () => {
    using many = new OpenConnections();
    await many.open(targets.service, 1_300);
    await waitFor(() => many.stay() <= 1_024);
    assert.ok(many.stay() > 900, `${many.stay()} stay`);
    assert.ok(await isRight(targets.service));
  });
});

describe('callers that leave', () => {
  /** As many files as before, once what is left of the connections is gone. */
  const leaves = async (leave: () => Promise<void>): Promise<void> => {
    const files = pids.map(openFiles);
    await leave();
    assert.deepEqual((await restOf(targets.service))?.calls, 0, 'calls are left');
    await waitFor(() => pids.every((pid, index) => openFiles(pid) <= (files[index] ?? 0) + 4));
    assert.ok(await isRight(targets.gateway));
    assert.deepEqual(targets.pids(), pids);
  };

  it('leave nothing behind by Cancel frames of a mesh stream', () =>
    leaves(async () => {
      const { port } = targets.service.address;
      const remote = createRemote(`127.0.0.1:${port}`, {
        service: 'all',
        limits: defaultLimits,
        transport: 'stream',
        secret: testSecret,
      });
      await leaveCalls(remote, 500);
      remote.close();
    }));

  it('leave nothing behind by gRPC on one channel', () =>
    leaves(async () => {
      const remote = targets.gateway.connect();
      await leaveCalls(remote, 500);
      remote.close();
    }));

  it('leave nothing behind by cutting their connections', () => leaves(() => cutConnections(targets.service, 500)));
});
