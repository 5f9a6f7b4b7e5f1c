/** What a transform may read: its mesh folder without the secrets in it, and the packages that Node finds from there, where they really are. */
import { type Dirent, realpathSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TransformPlace } from './transform-rights.ts';

/** The code that loads a transform, and what it imports: where Node finds it, and where it is. */
const own = [fileURLToPath(new URL('../', import.meta.url)), ...inferencePackage().map((file) => dirname(file) + sep)];

function inferencePackage(): string[] {
  const found = findPackageJSON('@sheaf/inference', import.meta.url) ?? '';
  return [found, realpathSync(found)];
}

/** `.env`, `.git` and the like. The folders that Kubernetes mounts begin with two dots. */
const privateName = /^\.(?!\.)/;
const keyName = /\.(key|p12|pfx)$/i;
/** Of packages nothing is private: they have names of their own, such as `.pnpm`. */
const packages = 'node_modules';

/**
 * Absolute paths; folders end with a separator. Links in the folder and in `node_modules` are followed once, as package managers and Kubernetes lay them.
 * `withheld` are files and folders in it that hold secrets, whether they are there yet or not. What holds nothing private is granted whole.
 */
export async function readablePaths({
  folder,
  file,
  withheld,
}: Pick<TransformPlace, 'folder' | 'file' | 'withheld'>): Promise<string[]> {
  const roots = [folder, await real(folder)];
  const secrets = new Set((await Promise.all(withheld.map(async (path) => [path, await real(path)]))).flat());
  const allowed = createAllowed(roots, secrets);
  const granted = new Set<string>();
  const searched = new Set<string>();
  const grant = async (path: string): Promise<void> => {
    if ([...granted].some((folder) => folder.endsWith(sep) && path.startsWith(folder))) return;
    for (const one of await allowed(path)) granted.add(one);
  };
  /** Packages are looked for from every folder that code is in. */
  const search = async (from: string): Promise<void> => {
    for (let at = from; !searched.has(at); at = dirname(at)) {
      searched.add(at);
      await follow(join(at, packages), 2);
    }
  };
  /** A folder, and what the links in it lead to; `depth` 2 looks into the folders of scopes too. */
  const follow = async (path: string, depth: number): Promise<void> => {
    const entries = await entriesOf(path);
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
  for (const from of [...roots, dirname(source)]) await search(from);
  // To Node a path ends at an asterisk, and would stand for all that begins like it.
  return [...own, ...granted].filter((path) => !path.includes('*'));
}

/** Where it is; of what is not there yet, where it will be. */
export const real = (path: string): Promise<string> =>
  realpath(path).catch(async () => (dirname(path) === path ? path : join(await real(dirname(path)), basename(path))));

const entriesOf = (path: string): Promise<Dirent[] | undefined> =>
  readdir(path, { withFileTypes: true }).catch(() => undefined);

/** What may be read, as what is put behind a path: nothing for a file, a separator for a folder with all that is in it. */
type Allowed = readonly string[];

const isAll = ([first, ...others]: Allowed): boolean => others.length === 0 && (first === '' || first === sep);

/** Answers what of a path may be read. Each folder is looked through once, whatever leads there. */
function createAllowed(
  roots: readonly string[],
  secrets: ReadonlySet<string>,
): (path: string) => Promise<readonly string[]> {
  /** The names of a path from the mesh folder on; undefined for what is elsewhere. */
  const namesOf = (path: string): readonly string[] | undefined =>
    roots.map((root) => relative(root, path).split(sep)).find(([first]) => first !== '..');
  const isWithheld = (path: string): boolean => {
    if (secrets.has(path)) return true;
    const names = namesOf(path) ?? path.split(sep).filter((name) => name === packages || keyName.test(name));
    return !names.includes(packages) && names.some((name) => privateName.test(name) || keyName.test(name));
  };
  const holdsSecret = (folder: string): boolean => [...secrets].some((secret) => secret.startsWith(folder + sep));
  /** Packages, and what is outside of the mesh folder, are looked through only where a secret is known to be in them. */
  const isLooked = (folder: string): boolean => holdsSecret(folder) || namesOf(folder)?.includes(packages) === false;
  const known = new Map<string, Allowed>();

  /** `at` is a real path, `around` the real paths of the folders that led there: links may go round. */
  const find = async (at: string, around: readonly string[]): Promise<Allowed> => {
    const before = known.get(at);
    if (before) return before;
    if (isWithheld(at) || around.includes(at)) return [];
    const entries = await entriesOf(at);
    if (!entries) return [''];
    const parts: string[] = [];
    let isWhole = !holdsSecret(at);
    for (const entry of entries) {
      const path = join(at, entry.name);
      const isLink = entry.isSymbolicLink();
      let below: Allowed = [entry.isDirectory() ? sep : ''];
      if (isWithheld(path)) below = [];
      else if (isLink || isLooked(at) || entry.name.startsWith('@'))
        below = await find(isLink ? await real(path) : path, [...around, at]);
      isWhole &&= isAll(below);
      parts.push(...below.map((one) => sep + entry.name + one));
    }
    const allowed = isWhole ? [sep] : parts;
    known.set(at, allowed);
    return allowed;
  };
  return async (path) => (isWithheld(path) ? [] : (await find(await real(path), [])).map((one) => path + one));
}
