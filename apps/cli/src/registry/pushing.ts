/** Pushes and downloads, with a bar while they last. */
import { transferBar } from '@sheaf/terminal';

type OnProgress = (doneBytes: number, totalBytes: number) => void;

export async function withBar<T>(what: string, task: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  const bar = transferBar(what);
  try {
    return await task(bar.at);
  } finally {
    bar.end();
  }
}
