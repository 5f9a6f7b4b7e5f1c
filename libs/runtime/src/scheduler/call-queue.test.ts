import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Priority, priorities } from '@sheaf/inference';
import fc from 'fast-check';
import { type BatchingOptions, CallQueue, deadlineToleranceMs, queueDefault, type Waiting } from './call-queue.ts';

interface Call extends Waiting {
  readonly name: string;
}

let last = 0;
const call = (priority: Priority, changes: Partial<Call> = {}): Call => ({
  name: `${priority} ${++last}`,
  key: 'a',
  rows: 1,
  isolated: false,
  priority,
  level: Number.POSITIVE_INFINITY,
  deadline: 1_000,
  waitedMs: () => 0,
  ...changes,
});
const names = (calls: Iterable<Call>): string[] => Array.from(calls, ({ name }) => name);
const batching: BatchingOptions = { maxRows: 4, maxQueueDelayMs: 0, preferredRows: [], allowedRows: [] };
const takeAlone = (queue: CallQueue<Call>): Call => (queue.take(undefined) as Call[])[0] as Call;

describe('the queue of a model version', () => {
  it('goes by level and then by deadline inside a class, and by arrival where they are the same', () => {
    const queue = new CallQueue<Call>();
    const calls = [
      call('standard', { name: 'late', deadline: 300 }),
      call('standard', { name: 'soon', deadline: 100 }),
      call('standard', { name: 'soon too', deadline: 100 }),
      call('standard', { name: 'first level', level: 1, deadline: 900 }),
      call('standard', { name: 'second level', level: 2, deadline: 50 }),
    ];
    for (const one of calls) queue.add(one);
    const wanted = ['first level', 'second level', 'soon', 'soon too', 'late'];
    assert.deepEqual(names(queue.inOrder()), wanted);
    assert.deepEqual(
      wanted.map(() => takeAlone(queue).name),
      wanted,
    );
  });

  it('keeps the order of arrival where deadlines differ by no more than calls are on their way, and no further', () => {
    const [tick, start] = [0.001, 1_000];
    const queue = new CallQueue<Call>();
    const parts = Array.from({ length: 50 }, (_, part) => call('standard', { deadline: start - part * tick }));
    for (const part of parts) queue.add(part);
    assert.deepEqual(names(queue.inOrder()), names(parts));
    // A step of less than the tolerance each: the last is due long before the first, and goes before it.
    const falling = new CallQueue<Call>();
    const step = 0.9 * deadlineToleranceMs;
    for (let index = 0; index < 10; index++)
      falling.add(call('standard', { name: `${index}`, deadline: start - index * step }));
    const order = names(falling.inOrder()).map(Number);
    assert.ok(order.indexOf(9) < order.indexOf(0), order.join());
    assert.ok(order.indexOf(0) < order.indexOf(1), order.join());
  });

  it('lets nobody wait behind one who came later and is due later by more than that', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 10 * deadlineToleranceMs }), { maxLength: 30 });
    fc.assert(
      fc.property(arrivals, (deadlines) => {
        const queue = new CallQueue<Call>();
        for (const [index, deadline] of deadlines.entries())
          queue.add(call('standard', { name: `${index}`, deadline }));
        const order = names(queue.inOrder()).map(Number);
        for (const [at, behind] of order.entries())
          for (const ahead of order.slice(0, at)) {
            const [due, dueAhead] = [deadlines[behind] ?? 0, deadlines[ahead] ?? 0];
            if (ahead > behind) assert.ok(dueAhead < due, `${ahead} overtook ${behind}: ${deadlines}`);
            else assert.ok(dueAhead <= due + 2 * deadlineToleranceMs, `${behind} waits behind ${ahead}: ${deadlines}`);
          }
      }),
    );
  });

  it('serves the most important class first, and each by its share while all have more than they get', () => {
    const queue = new CallQueue<Call>({ ...queueDefault, shares: { critical: 6, standard: 3, sheddable: 1 } });
    for (let index = 0; index < 100; index++) for (const priority of priorities) queue.add(call(priority));
    const taken = Array.from({ length: 100 }, () => takeAlone(queue).priority);
    assert.equal(taken[0], 'critical');
    const count = (priority: Priority): number => taken.filter((other) => other === priority).length;
    assert.deepEqual([count('critical'), count('standard'), count('sheddable')], [60, 30, 10]);
    const waits = taken.flatMap((priority, index) => (priority === 'sheddable' ? [index] : []));
    const longest = Math.max(...waits.map((index, at) => index - (waits[at - 1] ?? -1)));
    assert.ok(longest <= 11, `the least important waited for ${longest} turns`);
  });

  it('gives all of it to whoever is there, and owes nothing to who comes back', () => {
    const queue = new CallQueue<Call>();
    for (let index = 0; index < 50; index++) queue.add(call('sheddable'));
    for (let index = 0; index < 20; index++) assert.equal(takeAlone(queue).priority, 'sheddable');
    for (let index = 0; index < 50; index++) queue.add(call('critical'));
    assert.equal(takeAlone(queue).priority, 'critical');
    const next = Array.from({ length: 34 }, () => takeAlone(queue).priority);
    assert.equal(next.filter((priority) => priority === 'sheddable').length, 4);
  });

  it('fills a batch with whoever waits, whatever the class', () => {
    const queue = new CallQueue<Call>();
    for (const priority of ['sheddable', 'standard', 'critical'] as const)
      queue.add(call(priority, { name: priority }));
    assert.deepEqual(names(queue.take(batching) as Call[]), ['critical', 'standard', 'sheddable']);
    assert.deepEqual([queue.size, queue.rows], [0, 0]);
  });

  it('names as surplus the last of the least important class that has more than its share of the places', () => {
    const queue = new CallQueue<Call>({ callsMax: 10, shares: { critical: 60, standard: 30, sheddable: 10 } });
    const fill = (priority: Priority, count: number): void => {
      for (let index = 0; index < count; index++) queue.add(call(priority));
    };
    fill('sheddable', 10);
    assert.ok(!queue.surplus);
    const addOneMore = (priority: Priority): Priority | undefined => {
      queue.add(call(priority));
      const { surplus } = queue;
      if (surplus) queue.remove(surplus);
      return surplus?.priority;
    };
    for (let count = 0; count < 9; count++) assert.equal(addOneMore('standard'), 'sheddable');
    // The last sheddable one has its place; the ninth standard one had only what critical calls left over.
    assert.equal(addOneMore('critical'), 'standard');
    const patient = call('standard', { deadline: 5_000 });
    queue.add(patient);
    assert.ok(queue.surplus === patient);
  });

  it('has never more than it may, whatever comes, and counts what it has', () => {
    const arrivals = fc.array(
      fc.record({
        priority: fc.constantFrom(...priorities),
        deadline: fc.nat(100),
        rows: fc.option(fc.nat(3), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 8 }), (list, callsMax) => {
        const queue = new CallQueue<Call>({ ...queueDefault, callsMax });
        for (const { priority, ...changes } of list) {
          queue.add(call(priority, changes));
          const { surplus } = queue;
          if (surplus) assert.ok(queue.remove(surplus));
          const waiting = [...queue.inOrder()];
          assert.ok(waiting.length <= callsMax);
          assert.equal(queue.size, waiting.length);
          assert.equal(
            queue.rows,
            waiting.reduce((total, { rows = 0 }) => total + rows, 0),
          );
          assert.ok(waiting.every(({ deadline }) => deadline >= queue.soonest));
        }
        let left = queue.size;
        while (left > 0) left -= (queue.take(batching) as Call[]).length;
        assert.deepEqual([left, queue.size, queue.rows, queue.soonest], [0, 0, 0, Number.POSITIVE_INFINITY]);
      }),
    );
  });
});
