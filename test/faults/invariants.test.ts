/** Each invariant is shown to see the fault that it is for, and to see none in a good record. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sendLogTo } from '@sheaf/inference';
import { logTransition } from '@sheaf/outbound';
import { parseTransition } from './fault-mesh.ts';
import { invariants, judge } from './invariants.ts';
import type { Operation, RunRecord } from './record.ts';

const operation = (id: number, more: Partial<Operation> = {}): Operation => ({
  id,
  isPure: true,
  isLogged: true,
  timeoutMs: 1_000,
  invokedAt: 1_000 * id,
  endedAt: 1_000 * id + 50,
  outcome: 'ok',
  ends: 1,
  code: 'OK',
  reason: '',
  decision: '',
  stages: 1,
  attempts: 1,
  versions: 'a=1 b=1',
  ...more,
});

const shift = (breaker: string, from: string, to: string, at: number, delayMs = 0) => ({
  breaker,
  from,
  to,
  at,
  delayMs,
});

const good: RunRecord = {
  operations: [
    ...Array.from({ length: 10 }, (_, index) => operation(index + 1)),
    operation(11, { versions: 'a=2 b=2' }),
    // Made of what was served when it came in, and answered after the change.
    operation(12, { versions: 'a=1 b=1', invokedAt: 10_940, endedAt: 11_040 }),
    operation(13, { outcome: 'unknown', endedAt: 14_099, attempts: 2, versions: undefined as never }),
    operation(14, { outcome: 'cancelled', cancelledAt: 14_020, endedAt: 14_021, versions: undefined as never }),
  ],
  runs: Array.from({ length: 14 }, (_, index) => ({ id: index + 1, startedAt: 1_000 * (index + 1) + 10 })),
  transitions: [
    shift('x', 'closed', 'open', 0, 1_000),
    shift('y', 'closed', 'open', 10, 1_000),
    shift('x', 'open', 'half-open', 1_000),
    shift('x', 'half-open', 'open', 1_010, 2_000),
    shift('x', 'open', 'half-open', 3_020),
    shift('x', 'half-open', 'closed', 3_030),
    shift('y', 'open', 'forced-closed', 3_040),
  ],
  published: [
    { versions: 'a=1 b=1', from: 0, to: 11_000 },
    { versions: 'a=2 b=2', from: 10_950, to: Number.POSITIVE_INFINITY },
  ],
  samples: [0, 1, 2].map((second) => ({ process: 'p', at: second * 1_000, memoryBytes: 100e6 + second, handles: 30 })),
  stalls: [],
  standstills: [],
};

const without = (part: Partial<Record<keyof RunRecord, unknown>>): RunRecord => ({ ...good, ...part }) as RunRecord;
const withOperation = (more: Partial<Operation>): RunRecord =>
  without({ operations: [...good.operations.filter(({ id }) => id !== 5), operation(5, more)] });
const withRun = (...runs: { id: number; startedAt: number }[]): RunRecord =>
  without({ runs: [...(good.runs ?? []), ...runs] });
const withTransition = (...transition: Parameters<typeof shift>): RunRecord =>
  without({ transitions: [...good.transitions, shift(...transition)] });

/** By invariant: the bug, and a record that has it. */
const planted: readonly (readonly [string, string, RunRecord])[] = [
  ['I6', 'an answer of mixed versions', withOperation({ versions: 'a=1 b=2' })],
  ['I6', 'an answer of versions that had gone', withOperation({ invokedAt: 12_000, endedAt: 12_050 })],
  ['I6', 'an answer of versions that had not come', withOperation({ versions: 'a=2 b=2' })],
  ['I9', 'an answer 101 ms after its deadline', withOperation({ endedAt: 5_000 + 1_101 })],
  ['I9', 'a stage that begins long after the deadline', withRun({ id: 5, startedAt: 5_000 + 1_501 })],
  ['I9', 'a stage that begins long after the cancellation', withRun({ id: 14, startedAt: 14_020 + 501 })],
  [
    'I10',
    'calls that are tried twice each',
    without({ operations: good.operations.map((one) => ({ ...one, attempts: 2 })) }),
  ],
  ['I10', 'calls that are begun twice each', without({ runs: [...(good.runs ?? []), ...(good.runs ?? [])] })],
  [
    'I10',
    'a call that is not pure and is begun twice',
    { ...withOperation({ isPure: false }), runs: [...(good.runs ?? []), { id: 5, startedAt: 5_100 }] },
  ],
  ['I12', 'a breaker that closes without a trial', withTransition('x', 'open', 'closed', 4_000)],
  ['I12', 'a breaker that was in another state', withTransition('x', 'half-open', 'open', 4_000, 1_000)],
  [
    'I12',
    'two trials at a time',
    without({ transitions: [...good.transitions.slice(0, 3), shift('x', 'open', 'half-open', 1_005)] }),
  ],
  [
    'I12',
    'a trial before its time',
    without({ transitions: [shift('x', 'closed', 'open', 0, 1_000), shift('x', 'open', 'half-open', 700)] }),
  ],
  [
    'I13',
    'handles that are never closed',
    without({ samples: [...good.samples, { process: 'p', at: 3_000, memoryBytes: 100e6, handles: 300 }] }),
  ],
  [
    'I13',
    'memory that grows',
    without({ samples: [...good.samples, { process: 'p', at: 3_000, memoryBytes: 400e6, handles: 30 }] }),
  ],
  [
    'I15',
    'a call that never ended',
    withOperation({ ends: 0, outcome: undefined as never, endedAt: undefined as never }),
  ],
  ['I15', 'a call that ended twice', withOperation({ ends: 2 })],
  ['I15', 'an answer that nobody made', without({ runs: good.runs?.filter(({ id }) => id !== 5) })],
  ['I15', 'work that nobody asked for', withRun({ id: 99, startedAt: 5_000 })],
];

describe('the invariants', () => {
  it('hold in a good record', () => {
    assert.deepEqual(judge(good), []);
  });

  for (const [name, bug, record] of planted) {
    it(`${name} sees ${bug}, and no other sees it`, () => {
      const found = judge(record);
      assert.ok(found.length > 0);
      assert.deepEqual([...new Set(found.map((line) => line.split(':')[0]))], [name], found.join('\n'));
    });
  }

  it('are all shown to fail', () => {
    assert.deepEqual([...new Set(planted.map(([name]) => name))], Object.keys(invariants));
  });

  it('do not blame a service for the time that the recorder, or a process that was stopped, stood still', () => {
    const late = { ...withOperation({ endedAt: 5_000 + 1_400 }), stalls: [{ at: 6_400, ms: 350 }] };
    assert.deepEqual(judge(late), []);
    const stopped = { ...withRun({ id: 5, startedAt: 20_010 }), standstills: [{ from: 5_020, to: 20_000 }] };
    assert.deepEqual(judge(stopped), []);
  });

  it('hear of breakers what the gateway logs', () => {
    const lines: string[] = [];
    const end = sendLogTo(({ message }) => lines.push(message));
    const breaker = { service: 'digits', endpoint: '127.0.0.1:4000', model: 'digits', version: '1' };
    logTransition(breaker, { from: 'closed', to: 'open', delayMs: 1_200 }, undefined);
    logTransition(breaker, { from: 'open', to: 'half-open', delayMs: 0 }, 'acme');
    end();
    const name = 'breaker of digits/1 at 127.0.0.1:4000 (digits)';
    assert.deepEqual(
      lines.map(parseTransition).map((parsed) => parsed && { ...parsed, at: 0 }),
      [
        { breaker: name, from: 'closed', to: 'open', delayMs: 1_200, at: 0 },
        { breaker: `${name} of acme`, from: 'open', to: 'half-open', delayMs: 0, at: 0 },
      ],
    );
    assert.equal(parseTransition('anything else'), undefined);
  });
});
