/** One contract for every way to ask: in the process, by a gRPC call of its own, on the mesh stream. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import {
  abortReason,
  type CallContext,
  defaultLimits,
  elements,
  type Infer,
  InferError,
  type InferRequest,
  Journal,
  monotonicClock,
  type Tensor,
  tensorOf,
} from '@sheaf/inference';
import { createDoor, type Door } from './door.ts';
import { createRemote, type Remote } from './index.ts';
import { MeshClient } from './proto.ts';

/** Calls that the model `wait` holds, by their ids. */
const held = new Map<string, () => void>();
const cancelled: string[] = [];
const journals: Journal[] = [];

/** `echo` answers at once, `wait` when it is let go or left, `refuse` with an error that has everything. */
const core: Infer = async ({ model, id, inputs }, { signal }) => {
  if (model === 'refuse')
    throw new InferError('UNAVAILABLE', 'too much to do', {
      reason: 'OVERLOADED',
      metadata: { queue: '7' },
      retryAfterMs: 50,
    });
  if (model === 'wait')
    await new Promise<void>((resolve, reject) => {
      held.set(id, resolve);
      signal.addEventListener('abort', () => {
        cancelled.push(id);
        reject(abortReason(signal));
      });
    });
  return {
    model,
    version: '1',
    parameters: new Map([['who', 'me']]),
    outputs: inputs.map((input) => ({ ...input, name: 'y' })),
  };
};

const served = {
  infer: core,
  describe: (name: string) => ({ name, versions: ['1'], platform: 'test', inputs: [], outputs: [] }),
  isReady: () => true,
  names: () => [],
  snapshot: () => ({ epoch: 1 }),
  onJournal: (journal: Journal) => void journals.push(journal),
};

function contextOf(timeoutMs = 5_000, signal = new AbortController().signal): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  return {
    clock: monotonicClock,
    deadline: monotonicClock.now() + timeoutMs,
    signal,
    snapshot: { epoch: 0 },
    journal,
    span,
  };
}

const x = tensorOf('x', 'FP32', [2], Float32Array.of(1, -0));
const requestFor = (model: string, changes: Partial<InferRequest> = {}): InferRequest => ({
  model,
  version: '',
  id: '',
  parameters: new Map([['flag', true]]),
  inputs: [x],
  outputs: [],
  ...changes,
});
const floats = (tensor: Tensor | undefined): number[] =>
  Array.from(elements({ ...(tensor as Tensor), datatype: 'FP32' as const }));

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!what()) {
    assert.ok(performance.now() < end, 'it did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const openDoor = async (): Promise<Door> => {
  const door = await createDoor(
    { name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits, mesh: true },
    served,
  );
  door.open();
  return door;
};

for (const way of ['in-process', 'unary', 'stream'] as const) {
  describe(`a model asked ${way}`, () => {
    let door: Door;
    let remote: Remote | undefined;
    let infer: Infer;
    before(async () => {
      door = await openDoor();
      remote = way === 'in-process' ? undefined : createRemote(`127.0.0.1:${door.port}`, 'test', defaultLimits, way);
      infer = remote?.infer ?? core;
    });
    after(async () => {
      remote?.close();
      await door.close(1_000);
    });

    it('answers bit for bit, many calls at once, each its own', async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, value) =>
          infer(requestFor('echo', { inputs: [tensorOf('x', 'FP32', [2], Float32Array.of(value, -0))] }), contextOf()),
        ),
      );
      for (const [value, { outputs, version, parameters }] of answers.entries()) {
        assert.deepEqual(floats(outputs[0]), [value, -0]);
        assert.deepEqual([version, parameters.get('who')], ['1', 'me']);
      }
    });

    it('answers in any order', async () => {
      const slow = infer(requestFor('wait', { id: `${way} slow` }), contextOf());
      await until(() => held.has(`${way} slow`));
      await infer(requestFor('echo'), contextOf());
      held.get(`${way} slow`)?.();
      assert.equal((await slow).model, 'wait');
    });

    it('fails with the same code, sentence, reason, details and pushback', async () => {
      await assert.rejects(infer(requestFor('refuse'), contextOf()), (error: InferError) => {
        const { code, message, reason, metadata, retryAfterMs } = error;
        assert.deepEqual(
          { code, message, reason, metadata: { ...metadata }, retryAfterMs },
          {
            code: 'UNAVAILABLE',
            message: 'too much to do',
            reason: 'OVERLOADED',
            metadata: { queue: '7' },
            retryAfterMs: 50,
          },
        );
        return true;
      });
    });

    it('tells the model when its caller leaves', async () => {
      const controller = new AbortController();
      const id = `${way} left`;
      const left = infer(requestFor('wait', { id }), contextOf(5_000, controller.signal));
      await until(() => held.has(id));
      controller.abort();
      await assert.rejects(left, { code: 'CANCELLED' });
      await until(() => cancelled.includes(id));
    });

    if (way === 'in-process') return;

    it('ends at the deadline, at both ends', async () => {
      const id = `${way} late`;
      await assert.rejects(infer(requestFor('wait', { id }), contextOf(100)), { code: 'DEADLINE_EXCEEDED' });
      await until(() => cancelled.includes(id));
      await assert.rejects(infer(requestFor('echo'), contextOf(0)), { code: 'DEADLINE_EXCEEDED' });
    });

    it('carries the trace', async () => {
      const context = contextOf();
      await infer(requestFor('echo'), context);
      const [request] = journals.at(-1)?.spans ?? [];
      const own = context.journal.spans.find(({ kind }) => kind === 'try');
      assert.deepEqual([request?.traceId, request?.parentId], [own?.traceId, own?.spanId]);
    });

    it('carries tensors up to the limit of a message', async () => {
      for (const bytes of [100_000, defaultLimits.messageBytesMax - 1_000]) {
        const input = tensorOf('x', 'UINT8', [bytes], new Uint8Array(bytes).fill(7));
        const { outputs } = await infer(requestFor('echo', { inputs: [input] }), contextOf());
        assert.deepEqual([outputs[0]?.data.length, outputs[0]?.data.at(-1)], [bytes, 7]);
      }
    });

    it('answers what is open when its server drains, and says at once that there is none afterwards', async () => {
      const own = await openDoor();
      const asked = createRemote(`127.0.0.1:${own.port}`, 'test', defaultLimits, way);
      const id = `${way} drained`;
      const open = asked.infer(requestFor('wait', { id }), contextOf());
      await until(() => held.has(id));
      const closed = own.close(5_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
      held.get(id)?.();
      assert.equal((await open).model, 'wait');
      await closed;
      await assert.rejects(asked.infer(requestFor('echo'), contextOf(2_000)), { code: 'UNAVAILABLE' });
      asked.close();
    });
  });
}

describe('the mesh stream', () => {
  const meshStream = (port: number) => new MeshClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure()).calls();
  const open = {
    timeoutUs: '1000000',
    traceparent: '',
    request: { modelName: 'echo', inputs: [], rawInputContents: [] },
  };

  /** What frames are answered with: the statuses of replies, then how the stream ended. */
  function exchange(port: number, frames: readonly object[]): Promise<unknown[]> {
    const stream = meshStream(port);
    const got: unknown[] = [];
    stream.on('data', ({ hello, reply }) =>
      got.push(hello ? `hello ${hello.version}` : `${reply?.call} ${reply?.response ? 'ok' : reply?.status?.code}`),
    );
    for (const frame of frames) stream.write(frame);
    return new Promise((resolve) => {
      const finish = (end: unknown): void => resolve([...got, end]);
      stream.on('error', ({ code }: grpc.ServiceError) => finish(grpc.status[code]));
      stream.on('end', () => finish('end'));
      setTimeout(() => stream.end(), 200);
    });
  }

  const hello = { hello: { version: 1 } };
  const cases: [string, object[], unknown[]][] = [
    ['a peer of a later version with its own', [{ hello: { version: 2 } }], ['hello 1', 'end']],
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
      const door = await openDoor();
      const got = await exchange(door.port, frames);
      // Replies may be lost with the stream that ends.
      assert.deepEqual(outcome.length === 1 ? got.slice(-1) : got, outcome);
      assert.deepEqual(await exchange(door.port, [hello, { open: { call: 1, ...open } }]), ['hello 1', '1 ok', 'end']);
      await door.close(1_000);
    });
  }

  it('is not served by a public door', async () => {
    const door = await createDoor({ name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits }, served);
    assert.deepEqual(await exchange(door.port, [hello]), ['UNIMPLEMENTED']);
    await door.close(1_000);
  });

  it('lost while a call is open says that its work may have begun, and is replaced for the next', async () => {
    const door = await openDoor();
    const remote = createRemote(`127.0.0.1:${door.port}`, 'test', defaultLimits, 'stream');
    const lost = remote.infer(requestFor('wait', { id: 'lost' }), contextOf());
    await until(() => held.has('lost'));
    await door.close(0);
    await assert.rejects(lost, (error: InferError) => {
      assert.deepEqual([error.code, error.metadata.may_have_begun], ['UNAVAILABLE', 'true']);
      return true;
    });
    const again = await createDoor(
      { name: 'test', host: '127.0.0.1', port: door.port, limits: defaultLimits, mesh: true },
      served,
    );
    again.open();
    await untilDone(() => remote.infer(requestFor('echo'), contextOf()));
    remote.close();
    await again.close(1_000);
  });

  it('to a peer that accepts and says nothing fails within its limit, and is tried anew', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const remote = createRemote(`127.0.0.1:${port}`, 'test', defaultLimits, 'stream');
    const startedAt = performance.now();
    await assert.rejects(remote.infer(requestFor('echo'), contextOf(20_000)), (error: InferError) => {
      assert.deepEqual([error.code, error.metadata.may_have_begun], ['UNAVAILABLE', 'false']);
      return true;
    });
    assert.ok(performance.now() - startedAt < 10_000);
    silent.close();
    for (const socket of sockets) socket.destroy();
    const door = await createDoor({ name: 'test', host: '127.0.0.1', port, limits: defaultLimits, mesh: true }, served);
    door.open();
    await untilDone(() => remote.infer(requestFor('echo'), contextOf()));
    remote.close();
    await door.close(1_000);
  });

  it('forgets ten thousand calls that are cancelled', async () => {
    const door = await openDoor();
    const remote = createRemote(`127.0.0.1:${door.port}`, 'test', defaultLimits, 'stream');
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
    await door.close(1_000);
  });
});

/** Resolves when `work` has succeeded once. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    const error = await work().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return;
    assert.ok(performance.now() < end, String(error));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
