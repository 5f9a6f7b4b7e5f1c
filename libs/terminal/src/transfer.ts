/** How far bytes are on their way: a line at the foot of the terminal; nothing where there is no terminal. */
export interface TransferBar {
  at(doneBytes: number, totalBytes: number): void;
  end(): void;
}

const cells = 30;
/** A terminal that is drawn more often than this takes more time than the bytes. Milliseconds. */
const redrawMs = 50;

export function transferBar(what: string, output = process.stderr): TransferBar {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let hasDrawn = false;
  return {
    at: (doneBytes, totalBytes) => {
      const now = performance.now();
      if (!output.isTTY || totalBytes === 0 || (doneBytes < totalBytes && now - drawnAt < redrawMs)) return;
      drawnAt = now;
      hasDrawn = true;
      const full = Math.round((cells * doneBytes) / totalBytes);
      const share = `${(doneBytes / 2 ** 20).toFixed(1)} of ${(totalBytes / 2 ** 20).toFixed(1)} MiB`;
      output.write(`\r\x1b[K${'█'.repeat(full)}${'░'.repeat(cells - full)} ${share} ${what}`);
    },
    end: () => {
      if (hasDrawn) output.write('\r\x1b[K');
    },
  };
}
