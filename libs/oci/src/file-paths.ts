/** Names of files that others have chosen. */
import { refuse } from './refuse.ts';

const pathBytesMax = 1024;
const depthMax = 16;

/**
 * Throws FAILED_PRECONDITION unless a path leads to a place below the folder that it is meant for, on every system: no `..`, no absolute one, no backslash, no
 * drive, no control characters. `of` names where it came from.
 */
export function checkPath(path: string, of: string): void {
  const why = whyUnsafe(path);
  if (why) throw refuse(`${of}: ${why}, got ${shown(path)}`);
}

function whyUnsafe(path: string): string | undefined {
  if (path === '') return 'want the path of a file';
  if (Buffer.byteLength(path) > pathBytesMax) return `want a path of at most ${pathBytesMax} bytes`;
  if (!path.isWellFormed()) return 'want a path in Unicode';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'want a path without control characters and backslashes';
  if (/^[A-Za-z]:/.test(path)) return 'want a path without a drive';
  const names = path.split('/');
  if (names.length > depthMax) return `want at most ${depthMax} folders in one another`;
  // A name that ends in dots or spaces is another one on some systems, and `..` may be hidden so.
  if (names.some((name) => name === '' || /^\.+$/.test(name) || name !== name.trim()))
    return 'want a path below the folder, with "/" between names and no ".."';
  return undefined;
}

/** For a sentence: short, and with nothing in it that a terminal would obey. */
export const shown = (text: string): string => JSON.stringify(text.slice(0, 120));

/** Keeps files of an artifact apart: one path is one file on every system, and no file is a folder of another. */
export function createPathSet(): { add(path: string, of: string): void; readonly size: number } {
  const files = new Set<string>();
  const folders = new Set<string>();
  return {
    get size() {
      return files.size;
    },
    add(path, of) {
      checkPath(path, of);
      // Some file systems know one case, and one form of a letter with its accent.
      const key = path.normalize('NFC').toLowerCase();
      const above = key.split('/').map((_, at, names) => names.slice(0, at).join('/'));
      if (files.has(key) || folders.has(key) || above.some((folder) => files.has(folder)))
        throw refuse(`${of}: want each file once, got ${shown(path)} beside one that is in its place`);
      files.add(key);
      for (const folder of above) folders.add(folder);
    },
  };
}
