/** What of a registry a mesh is to serve: the versions that aliases mean, those that rollouts and pipelines need, and the last ones before. */
import type { View, ViewEntry, ViewOut, ViewPin, ViewVersion } from '@sheaf/mesh';
import type { RegistrySource, SourceEntry, SourceSnapshot, SourceVersion } from './source.ts';

export interface DesiredOptions {
  /** Versions that each alias meant before and that stay loaded. */
  readonly keep: number;
  readonly signal: AbortSignal;
}

/** How many moves of an alias are looked through for versions that are ready. */
const formerMax = 64;

export async function desiredView(
  { epoch, entries }: SourceSnapshot,
  source: Pick<RegistrySource, 'version' | 'former'>,
  { keep, signal }: DesiredOptions,
): Promise<View> {
  const out: ViewOut[] = [];
  const read = (entry: SourceEntry, version: number) => source.version(entry, version, signal);
  const whyRefused = async (entry: SourceEntry, version: number): Promise<string> => {
    const { why } = await read(entry, version);
    return entry.versions.some((one) => one.version === version && one.state === 'unsigned')
      ? why
      : `it is quarantined: ${why}`;
  };
  const chosen = new Map<SourceEntry, Chosen>();
  for (const entry of entries) {
    const former = new Map<string, readonly number[]>();
    for (const { alias } of entry.aliases)
      former.set(alias, await source.former(entry, alias, Math.max(keep, 1) + formerMax, signal));
    const choice = choose(entry, former, keep);
    for (const version of choice.refused)
      out.push({ ...placeOf(entry), version, why: await whyRefused(entry, version) });
    chosen.set(entry, choice);
  }
  const versions = await withPinned(entries, chosen, read, out);
  return {
    schema: 1,
    epoch,
    entries: entries.flatMap((entry): ViewEntry[] => {
      const own = versions.get(entry) ?? [];
      if (own.length === 0) return [];
      const has = (version: number): boolean => own.some((one) => one.version === version);
      const { aliases, former } = chosen.get(entry) ?? nothingChosen;
      const kept = Object.entries(aliases).filter(([, version]) => has(version));
      return [
        {
          ...placeOf(entry),
          versions: own.toSorted((a, b) => b.version - a.version),
          aliases: Object.fromEntries(kept),
          former: Object.fromEntries(kept.map(([alias]) => [alias, (former[alias] ?? []).filter(has)])),
        },
      ];
    }),
    out,
  };
}

const placeOf = ({ name, kind }: SourceEntry): Pick<ViewEntry, 'name' | 'kind'> => ({ name, kind });

interface Chosen {
  readonly versions: ReadonlySet<number>;
  readonly aliases: Readonly<Record<string, number>>;
  readonly former: Readonly<Record<string, readonly number[]>>;
  /** Aliases mean them, and they may not be served. */
  readonly refused: readonly number[];
}

const nothingChosen: Chosen = { versions: new Set(), aliases: {}, former: {}, refused: [] };

/** Where an alias means what may not be served, it means for the mesh what it meant last before. */
export function choose(entry: SourceEntry, formerOf: ReadonlyMap<string, readonly number[]>, keep: number): Chosen {
  const ready = new Set(entry.versions.flatMap(({ version, state }) => (state === 'ready' ? [version] : [])));
  const versions = new Set<number>();
  const aliases: Record<string, number> = {};
  const former: Record<string, readonly number[]> = {};
  const refused: number[] = [];
  for (const { alias, version } of entry.aliases) {
    const before = (formerOf.get(alias) ?? []).filter((one) => ready.has(one) && one !== version);
    const isRefused = !ready.has(version);
    if (isRefused) refused.push(version);
    const [meant, ...rest] = isRefused ? before : [version, ...before];
    if (meant === undefined) continue;
    aliases[alias] = meant;
    former[alias] = rest.slice(0, keep);
    for (const one of [meant, ...former[alias]]) versions.add(one);
  }
  for (const { versions: needed } of entry.rollouts) for (const one of needed) if (ready.has(one)) versions.add(one);
  return { versions, aliases, former, refused: [...new Set(refused)] };
}

type Read = (entry: SourceEntry, version: number) => Promise<SourceVersion>;

/** Reads what is chosen, and what pipelines among that pin by digest, and pipelines that these pin. */
async function withPinned(
  entries: readonly SourceEntry[],
  chosen: ReadonlyMap<SourceEntry, Chosen>,
  read: Read,
  out: ViewOut[],
): Promise<ReadonlyMap<SourceEntry, readonly ViewVersion[]>> {
  const found = new Map<SourceEntry, ViewVersion[]>();
  const waiting = [...chosen].flatMap(([entry, { versions }]) => [...versions].map((version) => ({ entry, version })));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { entry, version } = next;
    const own = found.get(entry) ?? [];
    found.set(entry, own);
    if (own.some((one) => one.version === version)) continue;
    const { digest, manifest } = await read(entry, version);
    const pins: ViewPin[] = [];
    let missing: string | undefined;
    for (const { name, digest: pinned, alias } of manifest.pins) {
      const other = entries.find((one) => one.name === name);
      const meant = other?.versions.find((one) => one.digest === pinned && one.state === 'ready')?.version;
      if (alias !== undefined) pins.push({ name, version: alias });
      else if (other && meant !== undefined) {
        pins.push({ name, version: String(meant) });
        waiting.push({ entry: other, version: meant });
      } else missing ??= `it pins ${name} ${pinned}, which the registry does not have ready`;
    }
    if (missing !== undefined) out.push({ ...placeOf(entry), version, why: missing });
    else own.push({ version, digest, files: manifest.files, pins });
  }
  return found;
}
