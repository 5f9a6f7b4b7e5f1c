/** Empty folders that processes work in: what lies where the mesh is started is nothing for models and transforms, which reach it by any relative path. */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Systems clear the folder for temporary files of what nobody has touched for days. */
const touchEveryMs = 3_600_000;

const open = new Set<string>();
// A second signal ends this process at once.
process.once('exit', () => open.forEach(remove));

export interface WorkingFolder {
  readonly path: string;
  remove(): void;
}

/** Makes the folder of one process; only its user may look in. Throws with a sentence. */
export function createWorkingFolder(): WorkingFolder {
  let path: string;
  try {
    path = mkdtempSync(join(tmpdir(), 'sheaf-'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `no folder for a process to work in can be made in ${tmpdir()} (${code}); TMPDIR names another one that may be written`,
    );
  }
  open.add(path);
  const timer = setInterval(() => touch(path), touchEveryMs).unref();
  return {
    path,
    remove: () => {
      clearInterval(timer);
      remove(path);
    },
  };
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Somebody has removed it; the next process has another one.
  }
}

function remove(path: string): void {
  open.delete(path);
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Files that a process has left there and that cannot be removed are no reason not to end.
  }
}
