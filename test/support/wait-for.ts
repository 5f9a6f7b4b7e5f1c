import assert from 'node:assert/strict';

/** Resolves when `what` holds; fails, with `state` in the message, when it never does. */
export async function waitFor(what: () => boolean | Promise<boolean>, state: () => string = () => ''): Promise<void> {
  const until = performance.now() + 15_000;
  while (!(await what())) {
    assert.ok(performance.now() < until, `it did not happen within 15 s ${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
