/** What a transform may read: its mesh folder, and the packages that Node finds from there, where they really are. */
import { existsSync, realpathSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TransformPlace } from './transform-rights.ts';

/** The code that loads a transform, and what it imports: where Node finds it, and where it is. */
const own = [fileURLToPath(import.meta.url), ...inferencePackage()].map((file) => dirname(file) + sep);

function inferencePackage(): string[] {
  const found = findPackageJSON('@sheaf/inference', import.meta.url) ?? '';
  return [found, realpathSync(found)];
}

/**
 * Absolute paths; folders end with a separator. Links in the folder and in `node_modules` are followed once, as package managers and Kubernetes lay them.
 * `withheld` are files and folders in it that hold secrets.
 */
export async function readablePaths({
  folder,
  file,
  withheld,
}: Pick<TransformPlace, 'folder' | 'file' | 'withheld'>): Promise<string[]> {
  const there = withheld.filter((path) => existsSync(path));
  const secrets = new Set(await Promise.all(there.flatMap((path) => [path, real(path)])));
  const granted = new Set<string>();
  const searched = new Set<string>();
  const grant = async (path: string): Promise<void> => {
    if ([...granted].some((folder) => folder.endsWith(sep) && path.startsWith(folder))) return;
    for (const one of await without(path, secrets)) granted.add(one);
  };
  /** Packages are looked for from every folder that code is in. */
  const search = async (from: string): Promise<void> => {
    for (let at = from; !searched.has(at); at = dirname(at)) {
      searched.add(at);
      await follow(join(at, 'node_modules'), 2);
    }
  };
  /** A folder, and what the links in it lead to; `depth` 2 looks into the folders of scopes too. */
  const follow = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
    if (!entries) return;
    await grant(path);
    await grant(await real(path));
    for (const entry of entries) {
      const inside = join(path, entry.name);
      if (entry.isDirectory() && depth > 1 && entry.name.startsWith('@')) await follow(inside, depth - 1);
      if (!entry.isSymbolicLink()) continue;
      const target = await real(inside);
      await grant(target);
      await search(target);
    }
  };
  const source = await real(file);
  await follow(folder, 1);
  await grant(source);
  for (const from of [folder, await real(folder), dirname(source)]) await search(from);
  // To Node a path ends at an asterisk, and would stand for all that begins like it.
  return [...own, ...granted].filter((path) => !path.includes('*'));
}

const real = (path: string): Promise<string> => realpath(path).catch(() => path);

/** `path`, or all of it but what is withheld. */
async function without(path: string, secrets: ReadonlySet<string>): Promise<string[]> {
  if (secrets.has(path)) return [];
  const entries = await readdir(path).catch(() => undefined);
  if (!entries) return [path];
  const inside = path.endsWith(sep) ? path : path + sep;
  if (![...secrets].some((secret) => secret.startsWith(inside))) return [inside];
  return (await Promise.all(entries.map((entry) => without(join(path, entry), secrets)))).flat();
}
