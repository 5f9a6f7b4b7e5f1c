/** The files of a view, from one state to the next: written whole, looked at before they are trusted, and taken away when nothing needs them. */
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  checkContent,
  encodeView,
  formerViewFile,
  readView,
  type View,
  type ViewEntry,
  type ViewVersion,
  versionFolder,
  viewFile,
  viewFolder,
} from '@sheaf/mesh';

/** Serves as the view from now on, also after a crash at any moment: the file is whole, or it is the one before. */
export async function writeView(folder: string, view: View): Promise<void> {
  const file = viewFile(folder);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(encodeView(view));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rm(formerViewFile(folder), { force: true });
  await link(file, formerViewFile(folder)).catch(({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ENOENT') throw new Error(`the view before cannot be kept (${code})`);
  });
  await rename(temporary, file);
}

export interface Repaired {
  readonly view: View;
  /** A sentence for each thing that was damaged. */
  readonly damage: readonly string[];
}

const emptyView: View = { schema: 1, epoch: 0, entries: [], out: [] };

/**
 * Reads the view on the disk, looks at every file of it, and leaves out what is damaged: its files are put aside, to be fetched again, and aliases mean what
 * they meant before. What it answers is what the disk says now.
 */
export async function repairView(folder: string): Promise<Repaired> {
  const { view = emptyView, isDamaged } = await readView(folder);
  const damage = isDamaged ? ['the file of the view is damaged; the view before is served'] : [];
  const broken = new Set<string>();
  for (const { name, versions } of view.entries)
    for (const version of versions) {
      const why = await damageOf(folder, version);
      if (why === undefined) continue;
      broken.add(version.digest);
      damage.push(`${name}/${version.version}: ${why}; it is put aside and fetched again`);
      await putAside(folder, version.digest);
    }
  if (damage.length === 0) return { view, damage };
  const entries = view.entries.flatMap((entry) => withoutVersions(entry, ({ digest }) => broken.has(digest)));
  const repaired = { ...view, entries };
  await writeView(folder, repaired);
  return { view: repaired, damage };
}

async function damageOf(folder: string, { digest, files }: ViewVersion): Promise<string | undefined> {
  const home = versionFolder(folder, digest);
  return checkContent('its file', { folder: home, files, digest }).then(
    () => undefined,
    ({ message }: Error) => message,
  );
}

async function putAside(folder: string, digest: string): Promise<void> {
  const home = versionFolder(folder, digest);
  const aside = join(viewFolder(folder), 'damaged', digest.replace(/^sha256:/, ''));
  await rm(aside, { recursive: true, force: true });
  await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
  await rename(home, aside).catch(({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ENOENT') throw new Error(`${home} cannot be put aside (${code})`);
  });
}

/** An entry without some of its versions; aliases mean what they meant last before of the others. Nothing where none is left. */
export function withoutVersions(entry: ViewEntry, isGone: (version: ViewVersion) => boolean): ViewEntry[] {
  const versions = entry.versions.filter((version) => !isGone(version));
  if (versions.length === 0) return [];
  const has = (version: number): boolean => versions.some((one) => one.version === version);
  const aliases: Record<string, number> = {};
  const former: Record<string, readonly number[]> = {};
  for (const [alias, version] of Object.entries(entry.aliases)) {
    const [meant, ...rest] = [version, ...(entry.former[alias] ?? [])].filter(has);
    if (meant === undefined) continue;
    aliases[alias] = meant;
    former[alias] = rest;
  }
  return [{ ...entry, versions, aliases, former }];
}

/** Takes away the files of versions that no view of these has. */
export async function sweepView(folder: string, views: readonly View[]): Promise<void> {
  const kept = new Set(
    views.flatMap(({ entries }) =>
      entries.flatMap(({ versions }) => versions.map(({ digest }) => digest.replace(/^sha256:/, ''))),
    ),
  );
  for (const part of ['versions', 'incoming']) {
    const home = join(viewFolder(folder), part);
    for (const name of await readdir(home).catch(() => []))
      if (!kept.has(name)) await rm(join(home, name), { recursive: true, force: true });
  }
}
