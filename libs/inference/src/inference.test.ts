import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  asInferError,
  createTensor,
  elements,
  formatTraceparent,
  InferError,
  Journal,
  journalEntriesMax,
  type Layer,
  packBytes,
  parseTraceparent,
  stack,
  unpackBytes,
} from './index.ts';

const refuses = (message: RegExp) => (error: unknown) =>
  error instanceof InferError && error.code === 'INVALID_ARGUMENT' && message.test(error.message);

describe('a tensor', () => {
  it('has as many bytes as its shape says, or does not exist', () => {
    const tensor = { name: 'x', datatype: 'FP32', shape: [2, 3] } as const;
    assert.equal(createTensor({ ...tensor, data: new Uint8Array(24) }).data.byteLength, 24);
    assert.throws(
      () => createTensor({ ...tensor, data: new Uint8Array(23) }),
      refuses(/want 24 bytes for FP32 \[2,3\], got 23/),
    );
    assert.throws(
      () => createTensor({ ...tensor, shape: [2, -1], data: new Uint8Array() }),
      refuses(/shape\[1\]: want 0 or more, got -1/),
    );
    assert.throws(
      () => createTensor({ ...tensor, shape: [2 ** 30, 2 ** 30], data: new Uint8Array() }),
      refuses(/more elements than can be counted/),
    );
  });

  it('gives its elements from any alignment', () => {
    const memory = new Uint8Array(9);
    memory.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
    // A Buffer, whose slice is a view: what gRPC hands us.
    const data = Buffer.from(memory.buffer, 1, 8);
    assert.deepEqual(elements({ name: 'x', datatype: 'FP32', shape: [2], data }), Float32Array.of(1.5, -2));
  });

  it('carries byte strings of any content', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), (parts) => {
        const data = packBytes(parts);
        const tensor = createTensor({ name: 'x', datatype: 'BYTES', shape: [parts.length], data });
        assert.deepEqual(
          unpackBytes(tensor.data).map((part) => Array.from(part)),
          parts.map((part) => Array.from(part)),
        );
      }),
    );
  });
});

describe('ids', () => {
  it('are never the same, and have the form that W3C wants', () => {
    const journal = new Journal();
    const spans = Array.from({ length: 2_000 }, () => journal.start('run', 'x', undefined));
    assert.equal(new Set(spans.flatMap(({ traceId, spanId }) => [traceId, spanId])).size, 4_000);
    for (const span of spans) assert.ok(parseTraceparent(formatTraceparent(span)));
  });
});

describe('a journal', () => {
  it('keeps at most its limit, and counts the rest', () => {
    const journal = new Journal();
    for (let entry = 0; entry < journalEntriesMax + 5; entry++) journal.end(journal.start('stage', 's', undefined));
    assert.equal(journal.spans.length, journalEntriesMax);
    assert.equal(journal.dropped, 5);
  });

  it('has what was under way when its call ended, and nothing of that twice', () => {
    const journal = new Journal();
    const root = journal.start('request', 'r', undefined);
    const stage = journal.start('stage', 's', root);
    const attempt = journal.start('try', 't', stage);
    journal.abandon(root, 'CANCELLED');
    journal.end(root, 'CANCELLED');
    // The service answers after all.
    for (const span of [attempt, stage]) journal.end(span);
    const ended = journal.spans.map(({ kind, code }) => `${kind} ${code}`);
    assert.deepEqual(ended, ['try CANCELLED', 'stage CANCELLED', 'request CANCELLED']);
  });
});

describe('an error', () => {
  it('that nobody foresaw tells nothing of us', () => {
    const error = asInferError(new Error('/etc/secret at line 7'));
    assert.equal(error.code, 'INTERNAL');
    assert.doesNotMatch(error.message, /secret/);
  });

  it('that comes in floods can do without its stack, which later errors have again', () => {
    const message = 'limit "burst" is used up';
    assert.equal(InferError.withoutStack('RESOURCE_EXHAUSTED', message).stack, `InferError: ${message}`);
    assert.throws(() => InferError.withoutStack('INTERNAL', undefined as never), TypeError);
    assert.match(new Error('here').stack ?? '', /at .*inference\.test\.ts/);
  });

  it('of an endpoint that is only busy or leaving does not count against it', () => {
    assert.equal(new InferError('UNAVAILABLE', 'busy', { reason: 'OVERLOADED' }).countsAgainstBreaker, false);
    assert.equal(new InferError('UNAVAILABLE', 'gone').countsAgainstBreaker, true);
    assert.equal(new InferError('INVALID_ARGUMENT', 'wrong').countsAgainstBreaker, false);
  });
});

describe('a stack', () => {
  it('is met by a request in the order it is listed', async () => {
    const met: string[] = [];
    const layer =
      (name: string): Layer =>
      (next) =>
      (request, context) => {
        met.push(name);
        return next(request, context);
      };
    const infer = stack([layer('first'), layer('second')], async () => ({
      model: 'm',
      version: '1',
      parameters: new Map(),
      outputs: [],
    }));
    await infer({} as never, {} as never);
    assert.deepEqual(met, ['first', 'second']);
  });
});
