/** Does something once at the end of this turn of the event loop, so that all that is said in it goes out together. */

let waiting: (() => void)[] = [];
let spare: (() => void)[] = [];

function runAll(): void {
  const now = waiting;
  waiting = spare;
  for (const run of now) run();
  now.length = 0;
  spare = now;
}

/** `run` throws nothing. Whoever calls it twice in a turn is run twice. */
export function atEndOfTurn(run: () => void): void {
  if (waiting.push(run) === 1) setImmediate(runAll);
}
