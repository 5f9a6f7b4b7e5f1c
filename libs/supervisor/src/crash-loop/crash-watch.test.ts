import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CrashLoop, CrashWatch } from './crash-watch.ts';

/** A process of which the test says when it starts, is ready and ends. */
function openWatch() {
  let now = 0;
  const due: { at: number; task: () => void }[] = [];
  const lines: string[] = [];
  const loops: (CrashLoop | undefined)[] = [];
  const watch = new CrashWatch({
    name: 'digits',
    onEvent: (line) => lines.push(line),
    onLoop: (loop) => loops.push(loop),
    now: () => now,
    random: () => 0,
    after: (delayMs, task) => {
      const timer = { at: now + delayMs, task };
      due.push(timer);
      return () => void due.splice(0, due.length, ...due.filter((other) => other !== timer));
    },
  });
  const wait = (ms: number): void => {
    now += ms;
    for (const { task } of due.splice(0, due.length, ...due.filter(({ at }) => at > now)).filter(({ at }) => at <= now))
      task();
  };
  /** It ends, is started after its wait, and is ready at once. */
  const crash = (how = 'SIGKILL'): void => {
    wait(watch.ended(how));
    watch.started();
    watch.ready(7);
  };
  return { watch, lines, loops, wait, crash };
}

describe('a process that ends', () => {
  it('is told of each time, as long as that is twice in a row', () => {
    const { lines, loops, crash } = openWatch();
    crash('exit code 1');
    crash();
    assert.deepEqual(lines, [
      'digits ended (exit code 1); it starts again in 100 ms',
      'digits is ready again, pid 7',
      'digits ended (SIGKILL); it starts again in 400 ms',
      'digits is ready again, pid 7',
    ]);
    assert.deepEqual(loops, []);
  });

  it('is in a crash loop from the third time on, of which there is one line and one of its end', () => {
    const { lines, loops, wait, crash } = openWatch();
    for (let end = 0; end < 5; end++) crash();
    assert.deepEqual(lines.slice(4), [
      'digits ended (SIGKILL), 3 times in a row: a crash loop; it is not asked until it has stayed up for 5 s; the next start is in 1600 ms, others follow, at most 5 a minute',
    ]);
    assert.deepEqual(loops.slice(0, 4), [
      { ended: 'SIGKILL', count: 3, retryInMs: 6_600 },
      { ended: 'SIGKILL', count: 3, retryInMs: 5_000 },
      { ended: 'SIGKILL', count: 3, retryInMs: 5_000 },
      { ended: 'SIGKILL', count: 4, retryInMs: 11_400 },
    ]);
    wait(4_999);
    assert.equal(lines.length, 5);
    assert.notEqual(loops.at(-1), undefined);
    wait(1);
    assert.equal(lines[5], 'digits is ready again, pid 7: it has stayed up for 5 s');
    assert.equal(loops.at(-1), undefined);
  });

  it('is in the loop again at once when it ends soon after it was trusted, and not when it has lived for 30 s', () => {
    const { lines, loops, wait, crash } = openWatch();
    for (let end = 0; end < 3; end++) crash();
    wait(5_000);
    crash();
    assert.match(lines.at(-1) ?? '', /4 times in a row: a crash loop/);
    wait(30_000);
    crash();
    assert.equal(loops.at(-1), undefined);
    assert.equal(lines.at(-2), 'digits ended (SIGKILL); it starts again in 100 ms');
  });

  it('has not lived while it starts, however long that takes', () => {
    const { watch, loops, wait, crash } = openWatch();
    crash();
    crash();
    watch.started();
    wait(60_000);
    watch.ended('SIGKILL');
    assert.equal(loops.at(-1)?.count, 3);
  });

  it('is in no loop when nobody supervises it any more', () => {
    const { watch, lines, loops, wait, crash } = openWatch();
    for (let end = 0; end < 3; end++) crash();
    const { length } = lines;
    watch.stop();
    assert.equal(loops.at(-1), undefined);
    wait(60_000);
    assert.equal(lines.length, length);
  });

  it('tells the log why, and nobody else', () => {
    const { watch, lines, loops } = openWatch();
    for (let end = 0; end < 3; end++) watch.ended('exit code 2', 'mesh.yaml:3: unknown key');
    assert.match(lines[0] ?? '', /^digits ended \(exit code 2: mesh\.yaml:3: unknown key\);/);
    assert.equal(loops[0]?.ended, 'exit code 2');
  });
});
