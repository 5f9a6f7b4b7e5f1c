import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Deeper, and in more files, nobody keeps a mesh: a link that leads back to where it stands ends there. */
const depthMax = 8;
const entriesMax = 20_000;

/** Says whether a mesh may be made of this file; others, such as a log, may change as they like. */
const isPart = (path: string): boolean => /^(models|pipelines)\/|\.(ya?ml|[cm]?[jt]s|json|pem|crt|key)$/.test(path);
const isLeftOut = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

/**
 * Describes a folder at this moment as text: as long as that is the same, nothing in it has changed that can be told without reading it. Links are followed,
 * since what they lead to is what is read.
 */
export async function snapshotOf(folder: string): Promise<string> {
  const lines: string[] = [];
  const look = async (path: string, depth: number): Promise<void> => {
    const names = await readdir(join(folder, path)).catch(() => undefined);
    if (!names) lines.push(`${path} cannot be read`);
    for (const name of names?.filter((one) => !isLeftOut(one)).sort() ?? []) {
      if (lines.length >= entriesMax) return;
      const inside = path === '' ? name : `${path}/${name}`;
      const state = await stat(join(folder, inside)).catch(() => undefined);
      if (state?.isDirectory()) {
        lines.push(inside);
        if (depth < depthMax) await look(inside, depth + 1);
      } else if (isPart(inside))
        lines.push(`${inside} ${state?.ino} ${state?.size} ${state?.mtimeMs} ${state?.ctimeMs}`);
    }
  };
  await look('', 0);
  return lines.join('\n');
}
