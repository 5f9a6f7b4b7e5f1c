/** Whether what a message did is fit for a stranger, and costs no more than its size. */
import type { Timed } from './decoders.ts';
import { plainMessage } from './shapes.ts';
import type { Target } from './target.ts';

export interface Verdict {
  /** Its time over that of a plain message of its size. */
  readonly ratio: number;
  /** Undefined: none. */
  readonly fault: string | undefined;
}

/** What is linear stays far below; what is not is above by factors. */
export const ratioMax = 30;
/** What is slow once may be the machine's doing. */
const triesMax = 4;

/** Statuses that say that something of ours went wrong, not of the caller's. `reset` is what HTTP/2 has for it. */
const wrongOutcomes = ['CRASH', 'INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'no status'];
const leak = /\/(home|tmp|work|usr|root)\/|node:|node_modules|\.ts\b|127\.0\.0\.1|\n\s+at /;

export class Judge {
  /** Milliseconds of a plain message, by target and size. */
  readonly #plain = new Map<string, number>();

  async judge(target: Target, message: Buffer): Promise<Verdict> {
    let best = Number.POSITIVE_INFINITY;
    let plainMs = 1;
    for (let tries = 0; tries < triesMax; tries++) {
      const timed = await send(target, message);
      if ('fault' in timed) return { ratio: best, fault: timed.fault };
      best = Math.min(best, timed.ms);
      plainMs = await this.#plainMs(target, message.length, tries > 0);
      const ratio = best / Math.max(plainMs, target.floorMs / ratioMax);
      if (ratio <= ratioMax) return { ratio, fault: undefined };
    }
    const times = `${best.toFixed(1)} ms, where a plain message of ${message.length} bytes takes ${plainMs.toFixed(2)} ms`;
    return { ratio: best / plainMs, fault: times };
  }

  /** Of the next power of two, so that it is measured a few times only; `again` when the machine may have become slower. */
  async #plainMs(target: Target, bytes: number, again: boolean): Promise<number> {
    const size = Math.min(target.bytesMax, 2 ** Math.ceil(Math.log2(Math.max(64, bytes))));
    const key = `${target.name} ${size}`;
    const known = this.#plain.get(key);
    if (known !== undefined && !again) return known;
    const message = plainMessage(size);
    const times: number[] = [];
    for (let tries = 0; tries < triesMax; tries++) times.push((await target.send(message)).ms);
    const ms = Math.max(known ?? 0, Math.min(...times), 0.001);
    this.#plain.set(key, ms);
    return ms;
  }
}

async function send(target: Target, message: Buffer): Promise<Timed | { readonly fault: string }> {
  try {
    const timed = await target.send(message);
    const { outcome, sentence } = timed;
    if (wrongOutcomes.includes(outcome)) return { fault: `answered with ${outcome}: ${sentence}` };
    return leak.test(sentence) ? { fault: `the sentence tells too much: ${sentence}` } : timed;
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
