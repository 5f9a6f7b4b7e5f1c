/** A line at the foot of the terminal that shows how far something is; nothing where there is no terminal. */
export interface ProgressBar {
  /** One more is done. */
  tick(): void;
  /** A line above the bar. */
  log(line: string): void;
  end(): void;
}

const cells = 30;

export function progressBar(what: string, total: number, output = process.stdout): ProgressBar {
  let done = 0;
  const draw = (): void => {
    if (!output.isTTY) return;
    const full = Math.round((cells * done) / total);
    output.write(`\r\x1b[K${'█'.repeat(full)}${'░'.repeat(cells - full)} ${done} of ${total} ${what}`);
  };
  const clear = (): void => {
    if (output.isTTY) output.write('\r\x1b[K');
  };
  draw();
  return {
    tick: () => {
      done++;
      draw();
    },
    log: (line) => {
      clear();
      output.write(`${line}\n`);
      draw();
    },
    end: clear,
  };
}
