/** Paths of the files of a version: what is one file on every disk, inside of the folder that it is put in. */
import { invalid, quoted } from './refusals.ts';

/** Of ASCII: no letter that looks like a slash or a dot, none that a disk takes for another. */
const segmentForm = /^[A-Za-z0-9_@+=~.-]{1,128}$/;
const pathMax = 512;
const depthMax = 16;
/** Windows takes them for devices, whatever their ending. */
const device = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** Refuses what is no path of a file in a version: relative, with `/` between segments of letters, digits and `_@+=~.-`, none of which ends with a dot. */
export function checkFilePath(path: string, field = 'path'): void {
  if (path.length > pathMax) throw invalid(field, `want at most ${pathMax} characters, got ${path.length}`);
  const segments = path.split('/');
  if (segments.length > depthMax) throw invalid(field, `want at most ${depthMax} segments, got ${segments.length}`);
  const wrong = segments.find((segment) => !segmentForm.test(segment) || segment.endsWith('.') || device.test(segment));
  if (wrong !== undefined)
    throw invalid(
      field,
      `want a relative path of segments of letters, digits and "_@+=~.-" with no dot at the end, got ${quoted(path)}`,
    );
}

/** Refuses paths of which two would be one file, or one the folder of another. */
export function checkTogether(paths: readonly string[], field = 'files'): void {
  const files = new Map<string, string>();
  for (const path of paths) {
    const folded = path.toLowerCase();
    const other = files.get(folded);
    if (other !== undefined)
      throw invalid(field, `want paths that differ in more than case, got ${quoted(other)} and ${quoted(path)}`);
    files.set(folded, path);
  }
  for (const path of paths) {
    const segments = path.toLowerCase().split('/');
    for (let depth = 1; depth < segments.length; depth++) {
      const folder = files.get(segments.slice(0, depth).join('/'));
      if (folder !== undefined)
        throw invalid(field, `want files only, got ${quoted(folder)} as the folder of ${quoted(path)}`);
    }
  }
}
