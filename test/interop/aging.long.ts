/** A server on the gRPC core, which counts pings and ends connections for their age, as a server behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { defaultLimits } from '@sheaf/inference';
import { createRemote } from '@sheaf/transport';
import { ask } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { here, python, skip } from './stock-tools.ts';

async function startServer(ageMs: number) {
  const process = spawn(python, [join(here, 'python/aging_server.py'), String(ageMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(process.stdout);
  const [port] = (await once(lines, 'line')) as [string];
  const seen = { peers: 0 };
  lines.on('line', () => seen.peers++);
  return {
    port,
    seen,
    [Symbol.asyncDispose]: async () => {
      process.kill('SIGKILL');
      await once(process, 'exit');
    },
  };
}

const remoteTo = (port: string) =>
  createRemote(`127.0.0.1:${port}`, { service: 'core', limits: defaultLimits, foreign: true });

describe('a server on the gRPC core', { skip }, () => {
  it('that ends connections for their age costs no call, and stays ready', async () => {
    await using server = await startServer(500);
    const remote = remoteTo(server.port);
    const told: boolean[] = [];
    const unwatch = remote.watchReady((ready) => told.push(ready));
    let running = true;
    const failed: unknown[] = [];
    const client = async (): Promise<void> => {
      while (running) await ask(remote, 'm', [], { timeoutMs: 60_000 }).catch((error) => failed.push(error));
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    await waitFor(() => server.seen.peers >= 16, undefined, 60_000);
    running = false;
    await clients;
    unwatch();
    remote.close();
    assert.deepEqual(failed, []);
    assert.deepEqual(told, [true]);
  });

  it('is not pinged more often than it bears by default, idle and at work', async () => {
    await using server = await startServer(0);
    // Pinged as those among ourselves are, it ends the connection (GOAWAY too_many_pings), and the watch begins on another.
    await using other = await startServer(0);
    const remote = remoteTo(server.port);
    const often = createRemote(`127.0.0.1:${other.port}`, { service: 'core', limits: defaultLimits });
    const told: boolean[] = [];
    const unwatch = [remote.watchReady((ready) => told.push(ready)), often.watchReady(() => {})];
    await ask(remote, 'm', []);
    await waitFor(() => other.seen.peers >= 2, undefined, 60_000);
    await Promise.all(Array.from({ length: 8 }, () => ask(remote, 'm', [])));
    for (const end of unwatch) end();
    for (const opened of [remote, often]) opened.close();
    assert.deepEqual(told, [true]);
    // One connection for calls, one for the watch.
    assert.equal(server.seen.peers, 2);
  });
});
