/** What the processes of a mesh have taken of the CPUs. */
import { readdir, readFile } from 'node:fs/promises';

/** Of the kernel's own clock; 100 wherever Linux runs Node. */
const ticksPerSecond = 100;

interface ProcessTicks {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** Milliseconds of all processes that `root` has started, and those that they have, without its own. Undefined where there is no /proc to read it from. */
export async function cpuMsBelow(root: number): Promise<number | undefined> {
  const names = await readdir('/proc').catch(() => []);
  const read = await Promise.all(names.filter((name) => /^[0-9]+$/.test(name)).map(ticksOf));
  const known = read.filter((one) => one !== undefined);
  if (known.length === 0) return undefined;
  const children = Map.groupBy(known, ({ parent }) => parent);
  const below = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + child.ticks + below(child.pid), 0);
  return (below(root) * 1_000) / ticksPerSecond;
}

/** Undefined where it has ended meanwhile. */
async function ticksOf(pid: string): Promise<ProcessTicks | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program is in brackets, and may have spaces and brackets in it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, user, system] = [1, 11, 12].map((at) => Number(fields[at]));
  if (!parent || user === undefined || system === undefined) return undefined;
  return { pid: Number(pid), parent, ticks: user + system };
}
