/**
 * The view of a registry: what a mesh serves of it, on the disk of the mesh. `view.json` says what is served; the files of each version lie in a folder of
 * its digest, which never changes. Whoever follows the registry writes it, and every reading of the mesh folder may read it.
 */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Aliases } from '@sheaf/inference';
import type { VersionFile } from '../mesh.ts';

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const entryNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const pathCharsMax = 1_024;

/** What a pipeline asks of what it names: a decimal version, or an alias. */
export interface ViewPin {
  readonly name: string;
  readonly version: string;
}

export interface ViewVersion {
  /** 1 or more. */
  readonly version: number;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly files: readonly VersionFile[];
  /** Of a pipeline. */
  readonly pins: readonly ViewPin[];
}

export interface ViewEntry {
  readonly name: string;
  readonly kind: 'model' | 'pipeline';
  /** Newest first; never empty. */
  readonly versions: readonly ViewVersion[];
  /** By alias: a version of `versions`. */
  readonly aliases: Readonly<Record<string, number>>;
  /** By alias: those of `versions` that it meant before, the last first. */
  readonly former: Readonly<Record<string, readonly number[]>>;
}

/** What the registry wants served and the mesh does not serve. */
export interface ViewOut extends Pick<ViewEntry, 'name' | 'kind'> {
  readonly version: number;
  /** For whoever runs the mesh. */
  readonly why: string;
}

export interface View {
  readonly schema: 1;
  /** Of the registry, as it was seen. */
  readonly epoch: number;
  readonly entries: readonly ViewEntry[];
  readonly out: readonly ViewOut[];
}

/** Where the view of a mesh folder is. */
export const viewFolder = (folder: string): string => join(folder, '.sheaf', 'serving');
export const viewFile = (folder: string): string => join(viewFolder(folder), 'view.json');
/** The view before, which is read where the file of the view is damaged. */
export const formerViewFile = (folder: string): string => join(viewFolder(folder), 'view.former.json');

/** Where the files of a version lie in a view. */
export const versionFolder = (folder: string, digest: string): string =>
  join(viewFolder(folder), 'versions', digest.replace(/^sha256:/, ''));

const digestOf = (view: View): string => `sha256:${hash('sha256', JSON.stringify(view))}`;

/** As it stands in its file: with its own digest, so that damage shows. */
export const encodeView = (view: View): string => `${JSON.stringify({ digest: digestOf(view), view })}\n`;

/** Undefined where it is none, or damaged. */
function decodeView(text: string): View | undefined {
  try {
    const { digest, view } = JSON.parse(text) as { readonly digest: string; readonly view: View };
    return view.schema === 1 && digest === digestOf(view) && view.entries.every(staysInside) ? view : undefined;
  } catch {
    return undefined;
  }
}

/** Names and paths lead to files: none of them leads out of the view. */
const staysInside = ({ name, versions }: ViewEntry): boolean =>
  entryNamePattern.test(name) &&
  versions.length > 0 &&
  versions.every(
    ({ version, digest, files }) =>
      Number.isSafeInteger(version) && version > 0 && isDigest(digest) && files.every(({ path }) => isInside(path)),
  );

/** Says whether a text is the digest of a version, and so may be part of a path. */
export const isDigest = (text: string): boolean => digestPattern.test(text);

/** Says whether a path of a version stays in its folder: relative, with `/`, and without anything that leads up or is hidden. */
export const isInside = (path: string): boolean =>
  path.length <= pathCharsMax && path.split('/').every((part) => /^[^.\\\0][^\\\0]*$/.test(part));

/** Aliases of a mesh with what the registry says of its names. */
export function withViewAliases(aliases: Aliases, view: View | undefined): Aliases {
  if (!view) return aliases;
  const all = new Map(aliases);
  for (const { name, aliases: own } of view.entries) {
    const versions = Object.entries(own).map(([alias, version]) => [alias, String(version)] as const);
    if (versions.length > 0) all.set(name, new Map(versions));
    else all.delete(name);
  }
  return all;
}

export interface ViewReading {
  /** Undefined where there is none. */
  readonly view: View | undefined;
  /** Whether its file is damaged; `view` is then the one before, if there is that. */
  readonly isDamaged: boolean;
}

/** Reads the view of a mesh folder; the files of its versions are looked at by whoever loads them. */
export async function readView(folder: string): Promise<ViewReading> {
  const text = await readFile(viewFile(folder), 'utf8').catch(() => undefined);
  const view = text === undefined ? undefined : decodeView(text);
  if (view) return { view, isDamaged: false };
  const former = await readFile(formerViewFile(folder), 'utf8').then(decodeView, () => undefined);
  return { view: former, isDamaged: text !== undefined };
}
