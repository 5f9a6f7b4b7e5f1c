import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import {
  type CallContext,
  type CallSignal,
  InferError,
  type InferErrorCode,
  type InferResponse,
  Journal,
  monotonicClock,
  type SpanKind,
  trustedCaller,
} from '@sheaf/inference';
import { enforceDeadline } from './index.ts';

const answer: InferResponse = { model: 'm', version: '1', parameters: new Map(), outputs: [] };
const never = (): Promise<InferResponse> => new Promise(() => {});

function contextWith(deadline: number, signal = new AbortController().signal): CallContext {
  const journal = new Journal();
  return {
    clock: { ...monotonicClock, now: () => 0 },
    deadline,
    signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span: journal.start('request', 't', undefined),
  };
}

const ends = (code: InferErrorCode) => (error: unknown) => error instanceof InferError && error.code === code;

describe('the deadline layer', () => {
  it('answers when the time is up, and tells what is below to stop', async () => {
    let below: CallSignal | undefined;
    const infer = enforceDeadline('here')((_, { signal }) => {
      below = signal;
      return never();
    });
    await assert.rejects(infer({} as never, contextWith(1)), ends('DEADLINE_EXCEEDED'));
    assert.equal(below?.aborted, true);
  });

  it('names the stages that were waited for, as far as the call got', async () => {
    const late = async (...paths: readonly (readonly [SpanKind, string])[][]): Promise<InferError> => {
      const context = contextWith(1);
      const { journal } = context;
      journal.end(journal.start('stage', 'done', context.span));
      for (const path of paths) {
        let above = context.span;
        for (const [kind, name] of path) above = journal.start(kind, name, above);
      }
      return enforceDeadline('here')(never)({} as never, context).then(
        () => assert.fail('answered'),
        (error) => error,
      );
    };
    const told = ({ message, reason, metadata }: InferError) => [message, reason, metadata['stage']];
    const reason = 'DEADLINE_EXCEEDED_IN_STAGE';
    assert.deepEqual(told(await late()), ['the deadline passed in here', reason, 'here']);
    assert.deepEqual(
      told(
        await late([
          ['try', 'slow'],
          ['queue', 'slow/1'],
        ]),
      ),
      ['the deadline passed in service slow', reason, 'service slow'],
    );
    assert.deepEqual(
      told(
        await late(
          [
            ['stage', 'read'],
            ['member', 'cnn'],
            ['try', 'digits'],
          ],
          [
            ['stage', 'parts'],
            ['try', 'reader'],
          ],
          [
            ['stage', 'parts'],
            ['try', 'reader'],
          ],
        ),
      ),
      [
        'the deadline passed in stage read: member cnn: service digits and stage parts: service reader',
        reason,
        'read, parts',
      ],
    );
    const many = Array.from({ length: 9 }, (_, index) => [['stage', `s${index}`]] as [['stage', string]]);
    assert.equal(
      (await late(...many)).message,
      'the deadline passed in stage s0 and stage s1 and stage s2 and stage s3 and others',
    );
  });

  it('is over as well when what is below refuses at once', async () => {
    const { signal } = new AbortController();
    const infer = enforceDeadline('here')(async () => {
      throw new InferError('NOT_FOUND', 'there is none');
    });
    await assert.rejects(infer({} as never, contextWith(10_000, signal)), ends('NOT_FOUND'));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('starts nothing when the time is up already', async () => {
    let started = false;
    const infer = enforceDeadline('here')(() => {
      started = true;
      return never();
    });
    await assert.rejects(infer({} as never, contextWith(0)), ends('DEADLINE_EXCEEDED'));
    assert.equal(started, false);
  });

  it('answers when the caller leaves', async () => {
    const controller = new AbortController();
    const answered = assert.rejects(
      enforceDeadline('here')(never)({} as never, contextWith(60_000, controller.signal)),
      ends('CANCELLED'),
    );
    controller.abort();
    await answered;
  });

  it('leaves a good answer alone', async () => {
    assert.equal(await enforceDeadline('here')(async () => answer)({} as never, contextWith(60_000)), answer);
  });
});
