import type { OnEvent } from '@sheaf/inference';
import { BackOff, type BackOffPorts } from './back-off.ts';

/** So many ends in a row are a crash loop. */
const loopCount = 3;
/** A process in a crash loop is trusted again when it has been ready for so long. */
const steadyMs = 5_000;

/** A process in a crash loop. */
export interface CrashLoop {
  /** Its last end, such as `SIGKILL` or `exit code 1`. */
  readonly ended: string;
  /** The number of ends in a row. */
  readonly count: number;
  /** Milliseconds until it can be asked again at the earliest: after the next start, once it has stayed up. */
  readonly retryInMs: number;
}

export interface CrashWatchOptions extends Partial<BackOffPorts> {
  readonly name: string;
  /** A line whenever its state changes. */
  readonly onEvent: OnEvent;
  /** Called when a crash loop begins and with each of its starts and ends; undefined: it is over. */
  readonly onLoop: (loop: CrashLoop | undefined) => void;
  /** Calls `task` after so many milliseconds; what it answers calls it off. */
  readonly after?: (delayMs: number, task: () => void) => () => void;
}

const byTimer = (delayMs: number, task: () => void): (() => void) => {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
};

/** Counts the ends of a process and tells of them: every change of its state once, not every crash. */
export class CrashWatch {
  readonly #options: CrashWatchOptions;
  readonly #now: () => number;
  readonly #backOff: BackOff;
  /** Undefined while it starts. */
  #readyAt: number | undefined;
  #ended = '';
  #isLooping = false;
  #callOff = (): void => {};

  constructor(options: CrashWatchOptions) {
    const { now = () => performance.now(), random = Math.random } = options;
    this.#options = options;
    this.#now = now;
    this.#backOff = new BackOff({ now, random });
    this.#readyAt = now();
  }

  started(): void {
    this.#readyAt = undefined;
    if (this.#isLooping) this.#tell(steadyMs);
  }

  ready(pid: number): void {
    const { name, onEvent, after = byTimer } = this.#options;
    this.#readyAt = this.#now();
    if (!this.#isLooping) {
      onEvent(`${name} is ready again, pid ${pid}`, 'process.ready-again', { child: name, childPid: pid });
      return;
    }
    this.#tell(steadyMs);
    this.#callOff = after(steadyMs, () => {
      const line = `${name} is ready again, pid ${pid}: it has stayed up for ${steadyMs / 1_000} s`;
      onEvent(line, 'process.ready-again', { child: name, childPid: pid });
      this.#leaveLoop();
    });
  }

  /** `how` is for everybody, `why` for the log alone. Answers the milliseconds after which it is to be started again. */
  ended(how: string, why = ''): number {
    const { name, onEvent } = this.#options;
    this.#callOff();
    this.#ended = how;
    const delayMs = this.#backOff.ended(this.#readyAt === undefined ? 0 : this.#now() - this.#readyAt);
    const count = this.#backOff.inARow;
    const told = `${name} ended (${why ? `${how}: ${why}` : how})`;
    const fields = { child: name, reason: how, delayMs };
    if (count < loopCount) {
      // A process that was left out has lived for long enough since.
      this.#leaveLoop();
      onEvent(`${told}; it starts again in ${delayMs} ms`, 'process.ended', fields);
      return delayMs;
    }
    if (!this.#isLooping)
      onEvent(
        `${told}, ${count} times in a row: a crash loop; it is not asked until it has stayed up for ${steadyMs / 1_000} s; the next start is in ${delayMs} ms, others follow, at most 5 a minute`,
        'process.crash-loop',
        fields,
      );
    this.#isLooping = true;
    this.#tell(delayMs + steadyMs);
    return delayMs;
  }

  /** It is not supervised any more. */
  stop(): void {
    this.#callOff();
    this.#leaveLoop();
  }

  #tell(retryInMs: number): void {
    this.#options.onLoop({ ended: this.#ended, count: this.#backOff.inARow, retryInMs });
  }

  #leaveLoop(): void {
    if (!this.#isLooping) return;
    this.#isLooping = false;
    this.#options.onLoop(undefined);
  }
}
