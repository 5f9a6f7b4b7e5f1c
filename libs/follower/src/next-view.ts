/** A mesh goes from one view to the next in two steps: first it loads what is new, while aliases mean what they meant; then aliases mean the new. */
import { isDeepStrictEqual } from 'node:util';
import { championOf, type View, type ViewEntry, type ViewOut, type ViewVersion } from '@sheaf/mesh';
import { withoutVersions } from './view-files.ts';

/** Why a version that the registry wants served is not: by name and digest, see `failureKey`. */
export type Failures = ReadonlyMap<string, string>;

export const failureKey = (name: string, digest: string): string => `${name} ${digest}`;

/** All that is wanted and has not failed, beside what is asked now; aliases mean what they mean in `now`. */
export function loadingView(desired: View, now: View, failures: Failures): View {
  return {
    ...desired,
    entries: wholeEntries(desired, failures).map((entry) => {
      const before = entryOf(now, entry);
      if (!before) return entry;
      const asked = before.versions.filter(({ version }) => Object.values(before.aliases).includes(version));
      const versions = united(entry.versions, asked);
      return { ...entry, versions, aliases: before.aliases, former: before.former };
    }),
    out: outOf(desired, failures),
  };
}

/** What is wanted without what has failed. Where something of an entry has, what it had in `now` stays loaded, and an alias that means it goes on as it was. */
export function settledView(desired: View, now: View, failures: Failures): View {
  const whole = wholeEntries(desired, failures).map((entry): ViewEntry => {
    const before = entryOf(now, entry);
    const wanted = desired.entries.find(isSame(entry));
    if (!before || !wanted || wanted.versions.length === entry.versions.length) return entry;
    const isLost = (alias: string): boolean => entry.aliases[alias] !== wanted.aliases[alias];
    const kept = Object.keys(before.aliases).filter((alias) => alias in wanted.aliases && isLost(alias));
    return {
      ...entry,
      versions: united(
        entry.versions,
        before.versions.filter(({ digest }) => !failures.has(failureKey(entry.name, digest))),
      ),
      aliases: { ...entry.aliases, ...pick(before.aliases, kept) },
      former: { ...entry.former, ...pick(before.former, kept) },
    };
  });
  // Of what has nothing whole left, all stays as it was.
  const kept = now.entries.filter(
    (entry) => desired.entries.some(isSame(entry)) && !whole.some(isSame(entry)) && !hasFailed(entry, failures),
  );
  return { ...desired, entries: [...whole, ...kept], out: outOf(desired, failures) };
}

/** Whether all versions of `next` are loaded where `now` is. */
export const isLoadedIn = (next: View, now: View): boolean =>
  next.entries.every((entry) =>
    entry.versions.every(({ digest }) => entryOf(now, entry)?.versions.some((one) => one.digest === digest)),
  );

/** Whether `next` differs from `now` in nothing but what aliases mean, and in when that was. */
export const isSteered = (next: View, now: View): boolean =>
  isDeepStrictEqual(
    { ...next, epoch: 0, entries: next.entries.map(loaded) },
    { ...now, epoch: 0, entries: now.entries.map(loaded) },
  );

/** The settings of a model are in the version that callers get. */
function loaded(entry: ViewEntry): unknown {
  const settings = championOf(entry)?.files.find(({ path }) => path === 'model.yaml')?.sha256;
  return [entry.name, entry.kind, entry.versions, settings];
}

const isSame =
  ({ name, kind }: Pick<ViewEntry, 'name' | 'kind'>) =>
  (other: Pick<ViewEntry, 'name' | 'kind'>): boolean =>
    other.name === name && other.kind === kind;

export const entryOf = ({ entries }: View, entry: Pick<ViewEntry, 'name' | 'kind'>): ViewEntry | undefined =>
  entries.find(isSame(entry));

const wholeEntries = ({ entries }: View, failures: Failures): ViewEntry[] =>
  entries.flatMap((entry) => withoutVersions(entry, ({ digest }) => failures.has(failureKey(entry.name, digest))));

const hasFailed = ({ name, versions }: ViewEntry, failures: Failures): boolean =>
  versions.some(({ digest }) => failures.has(failureKey(name, digest)));

const outOf = ({ entries, out }: View, failures: Failures): ViewOut[] => [
  ...out,
  ...entries.flatMap(({ name, kind, versions }) =>
    versions.flatMap(({ version, digest }): ViewOut[] => {
      const why = failures.get(failureKey(name, digest));
      return why === undefined ? [] : [{ name, kind, version, why }];
    }),
  ),
];

const united = (one: readonly ViewVersion[], other: readonly ViewVersion[]): ViewVersion[] =>
  [...new Map([...other, ...one].map((version) => [version.version, version])).values()].toSorted(
    (a, b) => b.version - a.version,
  );

const pick = <T>(from: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> =>
  Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));
