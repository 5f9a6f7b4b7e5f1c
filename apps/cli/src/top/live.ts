/** The live view: reads again and again, draws what it knows, heeds keys. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { openScreen } from '@sheaf/terminal';
import { draw } from './draw/draw.ts';
import type { Paint } from './draw/text.ts';
import { type Facts, factsOf, type Look, pictureOf } from './look.ts';
import { firstView, press, shown, type View } from './view.ts';

export interface LiveOptions {
  /** The first reading: who cannot be asked at all is told of before there is a screen. */
  readonly first: Look;
  readonly read: () => Promise<Look>;
  readonly intervalMs: number;
  readonly address: string;
  readonly input: ReadStream | undefined;
  readonly output: WriteStream;
  readonly paint: Paint;
}

/** Resolves when somebody quits. */
export async function live(options: LiveOptions): Promise<void> {
  const { first, read, intervalMs, address, input, output, paint } = options;
  const end = new AbortController();
  let look = first;
  let facts: Facts = factsOf(undefined, first);
  let view: View = firstView;
  let problem: string | undefined;
  const show = (): void => {
    const picture = pictureOf(facts, view, { address, at: look.at, problem });
    screen.draw(draw(picture, view, screen.size(), paint));
  };
  const screen = openScreen({
    input,
    output,
    onKey: (key) => {
      const next = press(view, key, shown(facts.rows, view), Math.max(1, screen.size().rows - 8));
      if (next === 'quit') return end.abort();
      view = next;
      show();
    },
    onResize: show,
  });
  const follow = async (): Promise<void> => {
    while (!end.signal.aborted) {
      show();
      await sleep(intervalMs, undefined, { signal: end.signal }).catch(() => {});
      if (end.signal.aborted || view.isPaused) continue;
      try {
        const next = await read();
        facts = factsOf(look, next);
        look = next;
        problem = undefined;
      } catch (error) {
        // A gateway that is away may come back.
        problem = error instanceof Error ? error.message : String(error);
      }
    }
  };
  try {
    // Whoever quits does not wait for an answer that is under way.
    await Promise.race([follow(), once(end.signal, 'abort')]);
  } finally {
    screen.close();
  }
}
