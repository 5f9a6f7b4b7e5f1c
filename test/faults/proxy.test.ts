/** The proxy does to the connections of a real client and a real server what it says. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultLimits, type InferError } from '@sheaf/inference';
import { createRemote, type Remote } from '@sheaf/transport';
import { ask } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { type FaultProxy, openFaultProxy } from './proxy.ts';
import { askStub, openStub, takes } from './stub.ts';

interface Link {
  readonly link: FaultProxy;
  /** How long a call took, or the code that it failed with. */
  readonly call: (timeoutMs?: number) => Promise<number | string>;
}

async function through(test: (link: Link) => Promise<void>): Promise<void> {
  await using stub = await openStub(takes(1));
  const link = await openFaultProxy(stub.port);
  const remote: Remote = createRemote(`127.0.0.1:${link.port}`, {
    service: 'far',
    limits: defaultLimits,
    transport: 'stream',
  });
  const { model, inputs } = askStub(0);
  const call = async (timeoutMs = 5_000): Promise<number | string> => {
    const began = performance.now();
    return ask(remote, model, inputs(0), { timeoutMs }).then(
      () => performance.now() - began,
      ({ code }: InferError) => code,
    );
  };
  try {
    assert.equal(typeof (await call()), 'number');
    await test({ link, call });
  } finally {
    remote.close();
    link.close();
  }
}

describe('the fault proxy', () => {
  it('adds a time to each round trip, and takes it away again', () =>
    through(async ({ link, call }) => {
      link.roundTripMs = 200;
      const slow = await call();
      assert.ok(typeof slow === 'number' && slow >= 200, `${slow}`);
      link.roundTripMs = 0;
      assert.equal(typeof (await call()), 'number');
    }));

  it('lets nothing through a black hole and keeps its connections, and goes on when it has gone', () =>
    through(async ({ link, call }) => {
      const { connections } = link;
      link.state = 'black-hole';
      assert.equal(await call(300), 'DEADLINE_EXCEEDED');
      assert.equal(link.connections, connections);
      link.state = 'up';
      assert.equal(typeof (await call()), 'number');
    }));

  it('cuts every connection of a link that is down, and has it come up again', () =>
    through(async ({ link, call }) => {
      link.state = 'down';
      await waitFor(() => link.connections === 0);
      assert.equal(await call(300), 'UNAVAILABLE');
      link.state = 'up';
      await waitFor(async () => typeof (await call()) === 'number');
    }));

  it('resets a connection after so many bytes of what the server says', () =>
    through(async ({ link, call }) => {
      link.resetAfterBytes = 1;
      assert.equal(await call(), 'UNAVAILABLE');
      link.resetAfterBytes = Number.POSITIVE_INFINITY;
      await waitFor(async () => typeof (await call()) === 'number');
    }));

  it('passes one byte at a time, and no more of them in a second than it may', () =>
    through(async ({ link, call }) => {
      link.sliceBytes = 1;
      assert.equal(typeof (await call()), 'number');
      link.sliceBytes = Number.POSITIVE_INFINITY;
      link.bytesPerSecond = 500;
      const thin = await call();
      assert.ok(typeof thin === 'number' && thin >= 100, `${thin}`);
    }));

  it('tells a client between two frames to leave, and cuts the connection that it leaves', () =>
    through(async ({ link, call }) => {
      for (let round = 0; round < 3; round++) {
        link.goAway(200);
        for (let calls = 0; calls < 20; calls++) {
          const outcome = await call();
          // What is under way when the connection closes is lost, and told as that.
          if (typeof outcome === 'string') assert.equal(outcome, 'UNAVAILABLE');
        }
        await waitFor(async () => typeof (await call()) === 'number');
      }
    }));
});

describe('the clock that is shifted', () => {
  it('is a day ahead after one signal and a day behind after two', { skip: process.platform === 'win32' }, async () => {
    const preload = fileURLToPath(new URL('./shifted-clock.ts', import.meta.url));
    const script = `setInterval(() => console.log(Date.now() + ' ' + new Date().getTime()), 20)`;
    const child = spawn(process.execPath, ['--import', preload, '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = 0;
    child.stdout.on('data', (text: Buffer) => {
      const [now, made] = String(text).trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
      assert.ok(Math.abs((now ?? 0) - (made ?? 0)) < 1_000);
      told = (now ?? 0) - Date.now();
    });
    try {
      await once(child.stdout, 'data');
      const hours = (): number => Math.round(told / 3_600_000);
      assert.ok(hours() === 0);
      child.kill('SIGUSR2');
      await waitFor(() => hours() === 24);
      child.kill('SIGUSR2');
      await waitFor(() => hours() === -24);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
