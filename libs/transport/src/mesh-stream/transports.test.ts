/** One contract for every way to ask: in the process, by a gRPC call of its own, on the mesh stream. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { defaultLimits, type Infer, type InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { createRemote, type Remote } from '../index.ts';
import type { Server } from '../server/server.ts';
import {
  cancelled,
  contextOf,
  core,
  floats,
  held,
  journals,
  openServer,
  requestFor,
  until,
} from '../testing/fake-model.ts';

for (const way of ['in-process', 'unary', 'stream'] as const) {
  describe(`a model asked ${way}`, () => {
    let server: Server;
    let remote: Remote | undefined;
    let infer: Infer;
    before(async () => {
      server = await openServer();
      remote =
        way === 'in-process'
          ? undefined
          : createRemote(`127.0.0.1:${server.port}`, { service: 'test', limits: defaultLimits, transport: way });
      infer = remote?.infer ?? core;
    });
    after(async () => {
      remote?.close();
      await server.close(1_000);
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

    it('fails with the same code, sentence, reason, details, decision and pushback', async () => {
      await assert.rejects(infer(requestFor('refuse'), contextOf()), (error: InferError) => {
        const { code, message, reason, metadata, decision, retryAfterMs } = error;
        assert.deepEqual(
          { code, message, reason, metadata: { ...metadata }, decision, retryAfterMs },
          {
            code: 'UNAVAILABLE',
            message: 'too much to do',
            reason: 'OVERLOADED',
            metadata: { queue: '7' },
            decision: 'load:refuse/1',
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

    // Calls of their own share one connection, and so its window.
    if (way === 'stream')
      it('answers small calls while large ones are on their way', async () => {
        const large = tensorOf('x', 'UINT8', [3_000_000], new Uint8Array(3_000_000).fill(7));
        const order: string[] = [];
        const ask = async (kind: string, input: Tensor): Promise<void> => {
          await infer(requestFor('echo', { inputs: [input] }), contextOf());
          order.push(kind);
        };
        const small = tensorOf('x', 'FP32', [2], Float32Array.of(1, 2));
        await Promise.all([...Array.from({ length: 8 }, () => ask('large', large)), ask('small', small)]);
        assert.ok(order.indexOf('small') < 4, `the small one came after ${order.indexOf('small')} of 8 large ones`);
      });

    it('answers what is open when its server drains, and says at once that there is none afterwards', async () => {
      const own = await openServer();
      const asked = createRemote(`127.0.0.1:${own.port}`, { service: 'test', limits: defaultLimits, transport: way });
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
