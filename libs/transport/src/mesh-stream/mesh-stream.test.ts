import assert from 'node:assert/strict';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { defaultLimits, type InferError, type Overrun } from '@sheaf/inference';
import { createRemote } from '../index.ts';
import { protoFile, protoFolder } from '../proto.ts';
import { createServer } from '../server/server.ts';
import {
  cancelled,
  contextOf,
  held,
  journals,
  openServer,
  requestFor,
  served,
  until,
  untilDone,
} from '../testing/fake-model.ts';

describe('the mesh stream', () => {
  /** A peer that speaks by the .proto file, not by our codec. */
  const peers = grpc.loadPackageDefinition(
    loadSync(protoFile('sheaf/mesh/v1/mesh.proto'), { longs: String, oneofs: true, includeDirs: [protoFolder] }),
  ) as unknown as { sheaf: { mesh: { v1: { Mesh: grpc.ServiceClientConstructor } } } };
  const meshStream = (port: number): grpc.ClientDuplexStream<object, { frames: ServerFrame[] }> =>
    new peers.sheaf.mesh.v1.Mesh(`127.0.0.1:${port}`, grpc.credentials.createInsecure())['calls']?.();

  interface ServerFrame {
    readonly hello?: { version: number };
    readonly reply?: { call: number; response?: object; status?: { code: number } };
  }
  const open = {
    timeoutUs: '1000000',
    traceparent: '',
    request: { modelName: 'echo', inputs: [], rawInputContents: [] },
  };

  /** What frames are answered with: the statuses of replies, then how the stream ended. */
  function exchange(port: number, frames: readonly object[]): Promise<unknown[]> {
    const stream = meshStream(port);
    const got: unknown[] = [];
    stream.on('data', (message) => {
      for (const { hello, reply } of message.frames)
        got.push(hello ? `hello ${hello.version}` : `${reply?.call} ${reply?.response ? 'ok' : reply?.status?.code}`);
    });
    for (const frame of frames) stream.write({ frames: [frame] });
    return new Promise((resolve) => {
      const finish = (end: unknown): void => resolve([...got, end]);
      stream.on('error', ({ code }: grpc.ServiceError) => finish(grpc.status[code]));
      stream.on('end', () => finish('end'));
      setTimeout(() => stream.end(), 200);
    });
  }

  const hello = { hello: { version: 1 } };
  const cases: [string, object[], unknown[]][] = [
    ['a peer of a later version with its own', [{ hello: { version: 3 } }], ['hello 2', 'end']],
    [
      'a trace that is kept with nothing',
      [{ hello: { version: 2 } }, { kept: { traceId: 'a' } }, { open: { call: 1, ...open } }],
      ['hello 2', '1 ok', 'end'],
    ],
    [
      'calls with replies',
      [hello, { open: { call: 1, ...open } }, { open: { call: 5, ...open } }],
      ['hello 1', '1 ok', '5 ok', 'end'],
    ],
    [
      'the cancel of a call that is not there with nothing',
      [hello, { cancel: { call: 9 } }, { open: { call: 1, ...open } }],
      ['hello 1', '1 ok', 'end'],
    ],
    ['a call before the hello by ending', [{ open: { call: 1, ...open } }], ['INVALID_ARGUMENT']],
    ['a version that it does not know by ending', [{ hello: { version: 0 } }], ['INVALID_ARGUMENT']],
    ['a second hello by ending', [hello, hello], ['hello 1', 'INVALID_ARGUMENT']],
    [
      'a call number twice by ending',
      [hello, { open: { call: 3, ...open } }, { open: { call: 3, ...open } }],
      ['INVALID_ARGUMENT'],
    ],
    ['a frame of nothing by ending', [hello, {}], ['hello 1', 'INVALID_ARGUMENT']],
  ];
  for (const [name, frames, outcome] of cases) {
    it(`answers ${name}, and lives`, async () => {
      const server = await openServer();
      const got = await exchange(server.port, frames);
      // Replies may be lost with the stream that ends.
      assert.deepEqual(outcome.length === 1 ? got.slice(-1) : got, outcome);
      assert.deepEqual(await exchange(server.port, [hello, { open: { call: 1, ...open } }]), [
        'hello 1',
        '1 ok',
        'end',
      ]);
      await server.close(1_000);
    });
  }

  it('is not served by a public server', async () => {
    const server = await createServer({ name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits }, served);
    assert.deepEqual(await exchange(server.port, [hello]), ['UNIMPLEMENTED']);
    await server.close(1_000);
  });

  it('says of a call that it is isolated', async () => {
    const server = await openServer();
    const remote = createRemote(`127.0.0.1:${server.port}`, {
      service: 's',
      limits: defaultLimits,
      transport: 'stream',
    });
    const isolated = await remote.infer(requestFor('echo'), { ...contextOf(), isolated: true });
    const other = await remote.infer(requestFor('echo'), contextOf());
    assert.deepEqual([isolated.parameters.get('isolated'), other.parameters.get('isolated')], [true, undefined]);
    remote.close();
    await server.close(1_000);
  });

  it('tells of a run for which the process ends, whoever asked for it', async () => {
    const server = await openServer();
    const told: Overrun[] = [];
    const remotes = [1, 2].map(() =>
      createRemote(`127.0.0.1:${server.port}`, {
        service: 's',
        limits: defaultLimits,
        transport: 'stream',
        onOverrun: (overrun) => void told.push(overrun),
      }),
    );
    for (const remote of remotes) await remote.infer(requestFor('echo'), contextOf());
    const overrun = {
      run: 'r',
      model: 'm',
      version: '3',
      digests: ['ab'.repeat(32), 'cd'.repeat(32)],
      callers: ['key:ä', ''],
    };
    server.tellOverrun(overrun);
    await until(() => told.length === 2);
    assert.deepEqual(told, [overrun, overrun]);
    for (const remote of remotes) {
      await remote.infer(requestFor('echo'), contextOf());
      remote.close();
    }
    await server.close(1_000);
  });

  it('lost while a call is open says that its work may have begun, and is replaced for the next', async () => {
    const server = await openServer();
    const remote = createRemote(`127.0.0.1:${server.port}`, {
      service: 'test',
      limits: defaultLimits,
      transport: 'stream',
    });
    const lost = remote.infer(requestFor('wait', { id: 'lost' }), contextOf());
    await until(() => held.has('lost'));
    await server.close(0);
    await assert.rejects(lost, (error: InferError) => {
      assert.deepEqual([error.code, error.progress], ['UNAVAILABLE', 'lost']);
      return true;
    });
    const again = await openServer(server.port);
    await untilDone(() => remote.infer(requestFor('echo'), contextOf()));
    remote.close();
    await again.close(1_000);
  });

  it('keeps a call that takes longer than its keep-alive while the server closes, and lets it close soon after', async () => {
    const server = await openServer();
    const options = { service: 'echo', limits: defaultLimits, transport: 'stream' } as const;
    const remote = createRemote(`127.0.0.1:${server.port}`, options);
    const unwatch = remote.watchReady(() => {});
    const call = remote.infer(requestFor('wait', { id: 'long' }), contextOf(20_000));
    await until(() => held.has('long'));
    const closing = server.close(20_000);
    // A keep-alive of 5 s falls into it.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    held.get('long')?.();
    assert.equal((await call).model, 'wait');
    const answeredAt = performance.now();
    await closing;
    assert.ok(performance.now() - answeredAt < 3_000, 'something was waited for');
    unwatch();
    remote.close();
  });

  it('to a peer that accepts and says nothing fails within its limit, and is tried anew', async () => {
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const remote = createRemote(`127.0.0.1:${port}`, { service: 'test', limits: defaultLimits, transport: 'stream' });
    const startedAt = performance.now();
    await assert.rejects(remote.infer(requestFor('echo'), contextOf(20_000)), (error: InferError) => {
      assert.deepEqual([error.code, error.progress], ['UNAVAILABLE', 'not-begun']);
      return true;
    });
    assert.ok(performance.now() - startedAt < 10_000);
    silent.close();
    for (const socket of sockets) socket.destroy();
    const server = await openServer(port);
    await untilDone(() => remote.infer(requestFor('echo'), contextOf()));
    remote.close();
    await server.close(1_000);
  });

  it('forgets ten thousand calls that are cancelled', async () => {
    const server = await openServer();
    const remote = createRemote(`127.0.0.1:${server.port}`, {
      service: 'test',
      limits: defaultLimits,
      transport: 'stream',
    });
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController();
      const calls = Array.from({ length: 1_000 }, (_, index) =>
        remote.infer(requestFor('wait', { id: `many ${round} ${index}` }), contextOf(30_000, controller.signal)),
      );
      await until(() => held.has(`many ${round} 999`));
      controller.abort();
      const results = await Promise.allSettled(calls);
      assert.ok(results.every((result) => result.status === 'rejected' && result.reason.code === 'CANCELLED'));
    }
    await until(() => cancelled.filter((id) => id.startsWith('many')).length === 10_000);
    assert.equal((await remote.infer(requestFor('echo'), contextOf())).model, 'echo');
    remote.close();
    await server.close(1_000);
  });

  it('answers a flood of calls, those past its limit with a refusal, and lives', async () => {
    const server = await openServer();
    const calls = 3_000;
    const frames = Array.from({ length: calls }, (_, index) => ({ open: { call: index + 1, ...open } }));
    const stream = meshStream(server.port);
    stream.on('error', () => {});
    const codes = new Map<string, number>();
    let replies = 0;
    stream.on('data', (message) => {
      for (const { reply } of message.frames) {
        if (!reply) continue;
        replies++;
        const code = reply.response ? 'ok' : String(reply.status?.code);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    });
    stream.write({ frames: [hello, ...frames] });
    await until(() => replies === calls);
    assert.ok((codes.get('ok') ?? 0) >= defaultLimits.concurrentCallsMax, String([...codes]));
    assert.deepEqual(
      [...codes.keys()].filter((code) => code !== 'ok' && code !== String(grpc.status.UNAVAILABLE)),
      [],
    );
    stream.cancel();
    await server.close(1_000);
  });

  it('stops answering a peer that reads nothing, and answers the others', async () => {
    const limits = { ...defaultLimits, messageBytesMax: 16 * 1024 * 1024 };
    const server = await createServer({ name: 'test', host: '127.0.0.1', port: 0, limits, mesh: true }, served);
    server.open();
    const data = Buffer.alloc(1024 * 1024);
    const request = {
      modelName: 'echo',
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [String(data.length)] }],
      rawInputContents: [data],
    };
    const before = journals.length;
    const stream = meshStream(server.port);
    stream.on('error', () => {});
    stream.write({ frames: [hello] });
    for (let call = 1; call <= 200; call++) stream.write({ frames: [{ open: { call, ...open, request } }] });
    await until(() => journals.length - before >= 64);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const answered = journals.length - before;
    assert.ok(answered < 100, `${answered} answers of a MiB each are held for a peer that reads none`);
    assert.deepEqual(await exchange(server.port, [hello, { open: { call: 1, ...open } }]), ['hello 1', '1 ok', 'end']);
    stream.cancel();
    await server.close(1_000);
  });
});
