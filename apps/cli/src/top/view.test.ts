import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookAt } from '../testing/readings.ts';
import { draw } from './draw/draw.ts';
import { amount, bytes, duration, part } from './draw/figures.ts';
import { type Facts, factsOf, pictureOf } from './look.ts';
import { onceJson, onceText } from './once.ts';
import { firstView, type Key, press, shown, type View } from './view.ts';

const before = lookAt(0, { startedAt: 5, answered: 100, calls: 100, refused: 0 });
const facts = factsOf(before, lookAt(2_000, { startedAt: 5, answered: 140, calls: 120, refused: 20, breaker: 2 }));
const size = { columns: 80, rows: 24 };

function lines(view: View, { columns, rows } = size, of: Facts = facts, problem?: string): readonly string[] {
  const picture = pictureOf(of, view, { address: '127.0.0.1:8001', at: '12:00:00', problem });
  return draw(picture, view, { columns, rows }, (_style, text) => text);
}

/** A view after these keys: names of keys, or characters. */
function after(...keys: readonly string[]): View {
  const named = ['return', 'escape', 'tab', 'up', 'down', 'home', 'end', 'backspace'];
  return keys.reduce((view: View, text) => {
    const key: Key = named.includes(text) ? { name: text } : { text };
    const next = press(view, key, shown(facts.rows, view), 10);
    assert.notEqual(next, 'quit');
    return next as View;
  }, firstView);
}

describe('the rows of a mesh', () => {
  it('say of a pipeline what callers had, and of a model what it ran', () => {
    const [classify, iris] = facts.rows.names;
    assert.equal(classify?.callsPerSecond, 20);
    assert.equal(classify?.runsPerSecond, 10);
    assert.equal(classify?.refusedRatio, 0.5);
    assert.equal(classify?.p50Seconds, 0.0075);
    assert.equal(iris?.runsPerSecond, 20);
    assert.equal(iris?.batchRows, 4);
    assert.equal(iris?.queued, 7);
    assert.equal(iris?.breaker, 'open');
  });

  it('count a process that was started again from 0', () => {
    const again = factsOf(before, lookAt(2_000, { startedAt: 9, answered: 8, calls: 100, refused: 0 }));
    assert.equal(again.rows.names[1]?.runsPerSecond, 4);
    assert.equal(again.rows.names[0]?.callsPerSecond, 0);
  });

  it('are JSON with null for what nobody knows', () => {
    const { names, services, mesh } = JSON.parse(onceJson(facts));
    assert.deepEqual([names[0].name, names[0].queued, names[1].queued], ['classify', null, 7]);
    assert.deepEqual([services[1].name, services[1].up, services[1].processes], ['iris', 1, 2]);
    assert.deepEqual(mesh.limits, [{ name: 'burst', useRatio: 0.82 }]);
    assert.match(onceText(facts), /^iris +open +0 +20 /m);
  });
});

describe('the picture', () => {
  it('never has a line that is longer than the terminal, nor more or fewer lines', () => {
    const views = [firstView, after('return'), after('tab', 'return'), after('?'), after('/', 'x'), after('p')];
    for (const view of views)
      for (const columns of [1, 20, 40, 79, 80, 132, 240])
        for (const rows of [1, 2, 5, 10, 24, 60]) {
          const drawn = lines(view, { columns, rows });
          assert.equal(drawn.length, rows, `${columns}x${rows}`);
          for (const line of drawn) assert.ok(line.length <= columns, `${columns}: ${line}`);
        }
  });

  it('has the mesh, its models and its services on 80 columns of 24 rows', () => {
    const text = lines(firstView).join('\n');
    assert.match(text, /^calls 20\/s {2}failed 0% {2}refused 50% {2}p50 7\.5ms {2}p99 10ms/m);
    assert.match(text, /limits burst 82%/);
    assert.match(text, /^breakers open 1$/m);
    assert.match(text, /MODEL OR PIPELINE +state calls\/s RUNS\/S +fail refuse +p50 +p99 queue batch$/m);
    assert.match(text, /^> iris +open +0 +20 +0% +0% +- +- +7 +4$/m);
    assert.match(text, /^ {2}iris +1\/2 +\S+ +200M +300ms /m);
  });

  it('has more columns where there is more room', () => {
    assert.match(lines(firstView, { columns: 160, rows: 24 }).join('\n'), /wait99 +run99 +busy +kind +service/);
  });

  it('says why there is nothing newer', () => {
    const [first = ''] = lines(firstView, size, facts, 'gateway: no connection\x1b[2J');
    assert.match(first, /^sheaf top {2}as of 12:00:00; trying again: gateway: no connection\?\[2J/);
  });

  it('shows the inside of what is marked', () => {
    const model = lines(after('return')).join('\n');
    assert.match(model, / batched: ?/);
    assert.match(model, /^iris\/1 +open +127\.0\.0\.1:9 +iris$/m);
    assert.match(lines(after('down', 'return')).join('\n'), /^refused +RESOURCE_EXHAUSTED +10 +20$/m);
    const gateway = lines(after('tab', 'end', 'return')).join('\n');
    assert.match(gateway, /^limit +burst +RATE_LIMITED +RESOURCE_EXHAUSTED +10 +20$/m);
  });
});

describe('keys', () => {
  const names = (view: View) => shown(facts.rows, view).names.map(({ name }) => name);

  it('sort, turn the order, and filter', () => {
    assert.deepEqual(names(firstView), ['iris', 'classify']);
    assert.deepEqual(names(after('r')), ['classify', 'iris']);
    assert.deepEqual(names(after('S')), ['classify', 'iris']);
    assert.deepEqual(names(after('/', 'C', 'l', 'return')), ['classify']);
    assert.deepEqual(names(after('/', 'c', 'l', 'escape')), ['iris', 'classify']);
    // A filter may have the letters of commands.
    assert.equal(after('/', 'q', 's', 'backspace').filter, 'q');
  });

  it('move the mark, which stays on its row when rows change places', () => {
    assert.equal(after('down').selected.names, 'classify');
    assert.equal(after('down', 'down', 'up').selected.names, 'iris');
    assert.match(lines(after('down', 'r')).join('\n'), /^> classify/m);
  });

  it('go in and out again, hold the picture, and end', () => {
    assert.equal(after('return').inside, 'iris');
    assert.equal(after('return', 'escape').inside, undefined);
    assert.equal(after('p').isPaused, true);
    assert.equal(after('p', ' ').isPaused, false);
    assert.equal(press(firstView, { text: 'q' }, facts.rows, 10), 'quit');
    assert.equal(press(after('/'), { name: 'c', ctrl: true }, facts.rows, 10), 'quit');
  });
});

describe('figures', () => {
  it('are short', () => {
    assert.deepEqual([0, 0.123, 5, 9.96, 999, 1000, 12_345, undefined].map(amount), [
      ...['0', '0.12', '5', '10', '999', '1k', '12k', '-'],
    ]);
    assert.deepEqual([0, 0.000_123, 0.0042, 0.9999, 65].map(duration), ['0', '123us', '4.2ms', '1.0s', '65s']);
    assert.deepEqual([0, 1023, 1024, 5 * 1024 ** 3].map(bytes), ['0B', '1023B', '1K', '5G']);
    assert.deepEqual([0, 0.0001, 0.004, 0.5, 2].map(part), ['0%', '<0.1%', '0.4%', '50%', '200%']);
  });
});
