/** The machine that the command runs on, or the container. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Machine } from '../look.ts';

export function lookAtMachine(): Machine {
  const memoryBytes = totalmem();
  const constrained = process.constrainedMemory();
  return {
    cores: availableParallelism(),
    memoryBytes,
    // Without a limit it is 0, or more than there is.
    cgroupBytes: constrained > 0 && constrained < memoryBytes ? constrained : undefined,
    isMusl: process.platform === 'linux' && glibcVersion() === undefined,
    inotifyWatchesMax: numberIn('/proc/sys/fs/inotify/max_user_watches'),
  };
}

function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime;
}

function numberIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
