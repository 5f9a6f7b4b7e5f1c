/** What is measured where the machine may have other work. */
import assert from 'node:assert/strict';

const roundsMax = 3;

/**
 * Plays a round until one throws no AssertionError, three at most; then it fails by what each has said. What else the machine does spoils single rounds; a
 * fault spoils all.
 */
export async function someRound(play: () => Promise<void>): Promise<void> {
  const said: string[] = [];
  while (said.length < roundsMax) {
    try {
      await play();
      return;
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error;
      said.push(error.message);
    }
  }
  assert.fail(said.join('\n'));
}
