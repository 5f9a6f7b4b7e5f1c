import assert from 'node:assert/strict';

/** Resolves when `what` holds; fails, with `state` in the message, when it never does: a machine that is busy takes long over anything. */
export async function waitFor(
  what: () => boolean | Promise<boolean>,
  state: () => string = () => '',
  withinMs = 60_000,
): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await what())) {
    assert.ok(performance.now() < until, `it did not happen within ${withinMs} ms ${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
