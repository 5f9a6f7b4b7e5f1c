/** The whole of a terminal, for as long as something live is shown on it. */
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';

/** A key as `node:readline` names it; `text` is what it writes. */
export interface PressedKey {
  readonly name: string | undefined;
  readonly text: string | undefined;
  readonly ctrl: boolean;
}

export interface ScreenOptions {
  /** Undefined: nobody presses keys, and the terminal is left only by signals. */
  readonly input: ReadStream | undefined;
  readonly output: WriteStream;
  /** Not told of Ctrl-Z, which is heeded here; Ctrl-C is a key. */
  readonly onKey: (key: PressedKey) => void;
  /** Told when all has to be drawn again: another size, or back from Ctrl-Z. */
  readonly onResize: () => void;
}

export interface Screen {
  size(): { readonly columns: number; readonly rows: number };
  /** Replaces what is shown; lines longer than the terminal are cut by it. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. May be called again. */
  close(): void;
}

/** Another screen than that of the shell, no cursor, no wrapping of lines. */
const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';
/** By then a process that is stopped has stopped. Milliseconds. */
const unstoppedMs = 100;
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Stops this process as Ctrl-Z does; `back` is called when it goes on. Where no shell could have it go on, as in a container, nothing has stopped it. */
function suspend(back: () => void): void {
  process.once('SIGCONT', back);
  process.kill(process.pid, 'SIGTSTP');
  setTimeout(() => {
    process.off('SIGCONT', back);
    back();
  }, unstoppedMs);
}

/** Takes the terminal until `close`; gives it back also where a signal or an error ends the process, before Node tells of that: on the screen that is left nobody would see it. */
export function openScreen({ input, output, onKey, onResize }: ScreenOptions): Screen {
  let isOpen = false;
  let isClosed = false;
  const open = (): void => {
    isOpen = true;
    output.write(enter);
    input?.setRawMode(true).resume();
  };
  const shut = (): void => {
    if (!isOpen) return;
    isOpen = false;
    // The terminal may be gone already.
    try {
      input?.setRawMode(false).pause();
      output.write(leave);
    } catch {}
  };
  const pressed = (text: string | undefined, { name, ctrl }: { name?: string; ctrl?: boolean }): void => {
    if (ctrl && name === 'z') {
      shut();
      suspend(back);
    } else onKey({ name, text, ctrl: ctrl === true });
  };
  const back = (): void => {
    if (isOpen || isClosed) return;
    open();
    onResize();
  };
  const ended = (signal: NodeJS.Signals): void => {
    close();
    // Now as it does to a process that does not listen: whoever waits for this one sees what ended it.
    process.kill(process.pid, signal);
  };
  const close = (): void => {
    isClosed = true;
    shut();
    process.off('exit', shut);
    process.off('uncaughtExceptionMonitor', shut);
    for (const signal of endings) process.off(signal, ended);
    output.off('resize', onResize);
    input?.off('keypress', pressed);
  };
  if (input) {
    emitKeypressEvents(input);
    input.on('keypress', pressed);
  }
  process.on('exit', shut);
  process.on('uncaughtExceptionMonitor', shut);
  for (const signal of endings) process.on(signal, ended);
  output.on('resize', onResize);
  open();
  return {
    // A terminal that does not say how large it is has 80 columns of 24 rows.
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    draw: (lines) => {
      if (isOpen) output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
    },
    close,
  };
}
