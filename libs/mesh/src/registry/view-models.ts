import { join } from 'node:path';
import { type FoundModel, type FoundVersion, modelAmong, settingsFile, whichOf } from '../models/model-layout.ts';
import { type MeshProblem, problemIn } from '../problem.ts';
import { type View, type ViewEntry, type ViewVersion, versionFolder } from './view.ts';

/**
 * The models of a view, as those of the folder are found. The settings of a model are in the version that callers get. A name that the folder has too is told,
 * and left to nobody: who could say which one is meant?
 */
export function viewModels(
  folder: string,
  { entries }: View,
  taken: ReadonlySet<string>,
  problems: MeshProblem[],
): FoundModel[] {
  return entries.flatMap((entry): FoundModel[] => {
    if (entry.kind !== 'model') return [];
    if (taken.has(entry.name)) {
      problems.push(problemIn(`models/${entry.name}`, takenTwice('model', entry.name)));
      return [];
    }
    const versions = entry.versions.flatMap((version) => foundVersion(folder, entry, version, problems) ?? []);
    return [{ name: entry.name, versions, kept: { settings: settingsOf(folder, entry) } }];
  });
}

export const takenTwice = (kind: ViewEntry['kind'], name: string): string =>
  `the registry has a ${kind} "${name}" too; want it in one of them: "sheaf ${kind}s import" takes what is in the folder over into the registry`;

/** Of the version that callers get: the champion, or else the newest. */
export const championOf = ({ versions, aliases }: ViewEntry): ViewVersion | undefined =>
  versions.find(({ version }) => version === aliases['champion']) ??
  versions.toSorted((a, b) => b.version - a.version)[0];

function settingsOf(folder: string, entry: ViewEntry): string | undefined {
  const champion = championOf(entry);
  const has = champion?.files.some(({ path }) => path === settingsFile);
  return champion && has ? join(versionFolder(folder, champion.digest), settingsFile) : undefined;
}

function foundVersion(
  folder: string,
  { name }: ViewEntry,
  { version, digest, files }: ViewVersion,
  problems: MeshProblem[],
): FoundVersion | undefined {
  const told = `models/${name}/${version}`;
  const models = files.map(({ path }) => path).filter((path) => /^[^/]+\.onnx$/.test(path));
  const file = modelAmong(models);
  if (file === undefined) {
    problems.push(problemIn(told, models.length > 0 ? whichOf(models, told, told) : 'want an ONNX model, found none'));
    return undefined;
  }
  return {
    version: String(version),
    folder: told,
    file,
    files: async () => files.map(({ path }) => path),
    kept: { folder: versionFolder(folder, digest), files },
  };
}
