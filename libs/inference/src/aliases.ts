/** Names for versions, by which calls and pipelines follow one that is moved. */

/** The versions (decimal) that aliases stand for: by the name of a model or pipeline, then by alias. */
export type Aliases = ReadonlyMap<string, ReadonlyMap<string, string>>;

export const noAliases: Aliases = new Map();

/** The version that calls without one get, where a name has this alias. */
export const championAlias = 'champion';

/** Never decimal, so that nothing is both a version and an alias. */
export const aliasPattern = /^[a-z][a-z0-9_-]{0,62}$/;

/** `/2` or `/champion` behind a name, or nothing: for patterns of what is written `name/version`. */
export const versionSuffix = '(\\/([1-9][0-9]{0,14}|[a-z][a-z0-9_-]{0,62}))?';

/** Whether a text has the form of an alias. */
export const isAlias = (version: string): boolean => aliasPattern.test(version);

/**
 * Answers the version that is meant by one that may be an alias or empty: decimal where it is known. Empty means the champion, and stays empty where there is
 * none, which means the newest. An alias that the name does not have stays as it is: no version is called so.
 */
export function versionMeant(aliases: Aliases, name: string, version: string): string {
  const own = aliases.get(name);
  if (!own) return version;
  return own.get(version === '' ? championAlias : version) ?? version;
}

/** Answers the names of which an alias leads elsewhere, came, or went, each with these aliases. */
export function movedAliases(before: Aliases, after: Aliases): ReadonlyMap<string, readonly string[]> {
  const moved = new Map<string, readonly string[]>();
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)];
    const own = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])];
    const other = own.filter((alias) => was?.get(alias) !== is?.get(alias));
    if (other.length > 0) moved.set(name, other);
  }
  return moved;
}
