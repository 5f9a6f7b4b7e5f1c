/** Entries and their versions. */
import { maySee } from '@sheaf/inference';
import { type SignatureTrust, verifySignature } from '@sheaf/signing';
import type { RegistryCaller, RegistryService, VersionMessage } from '@sheaf/transport';
import { checkVersionNumber, parseVersionRef } from '../names.ts';
import { invalid, notThere, quoted } from '../refusals.ts';
import type { EntryRecord, RegistryStore, StateChange, VersionRecord } from '../registry-store.ts';
import { actorOf, entryOf, kindOf, limitOf, type Named } from './caller.ts';
import { entryMessage, listedMessage, versionMessage } from './messages.ts';

type Methods = Pick<
  RegistryService,
  | 'listEntries'
  | 'listVersions'
  | 'getVersion'
  | 'addSignature'
  | 'quarantineVersion'
  | 'releaseVersion'
  | 'deleteVersion'
  | 'prune'
>;

const entriesMax = 1_000;
const versionsMax = 200;

export function versionMethods(store: RegistryStore, trust: () => Promise<SignatureTrust>): Methods {
  const change = async (
    request: Named & { readonly version: number; readonly why: string },
    caller: RegistryCaller,
    make: (change: StateChange) => Promise<unknown>,
  ): Promise<VersionMessage> => {
    const { name, version, why } = request;
    checkVersionNumber(version);
    await entryOf(store, request, caller);
    await make({ name, version, why, by: actorOf(caller) });
    return messageOf(store, name, await numbered(store, name, version));
  };
  return {
    listEntries: async ({ kind, after, limit }, { principal }) => {
      const count = limitOf(limit, entriesMax);
      const wanted = kindOf(kind);
      const { entries } = await store.snapshot();
      const found = entries.filter(
        (entry) =>
          entry.name > after && (wanted === undefined || entry.kind === wanted) && maySee(principal, entry.name),
      );
      const page = found.slice(0, count);
      return { entries: page.map(entryMessage), next: found.length > count ? (page.at(-1)?.name ?? '') : '' };
    },
    listVersions: (request, caller) => listVersions(store, request, caller),
    getVersion: async ({ version, ...named }, caller) => {
      const entry = await entryOf(store, named, caller);
      return messageOf(store, entry.name, await resolve(store, entry, version));
    },
    addSignature: async ({ version, bundle, ...named }, caller) => {
      checkVersionNumber(version);
      const { name } = await entryOf(store, named, caller);
      const { policy, keys } = await trust();
      const { manifest } = await numbered(store, name, version);
      if (policy !== 'off') verifySignature(bundle, manifest.files, keys);
      await store.addSignature({ name, version }, bundle, actorOf(caller));
      return messageOf(store, name, await numbered(store, name, version));
    },
    quarantineVersion: (request, caller) => change(request, caller, store.quarantine),
    releaseVersion: (request, caller) => change(request, caller, store.release),
    deleteVersion: (request, caller) => change(request, caller, store.deleteVersion),
    prune: async ({ keepNewest, keepHourly, dryRun, why, ...named }, caller) => {
      if (keepNewest < 0) throw invalid('keep_newest', `want 0 or more, got ${keepNewest}`);
      const { name } = await entryOf(store, named, caller);
      const policy = { newest: keepNewest, hourly: keepHourly };
      return { deleted: [...(await store.deleteByPolicy(name, policy, { by: actorOf(caller), why, dryRun }))] };
    },
  };
}

async function listVersions(
  store: RegistryStore,
  { before, limit, withDeleted, ...named }: Parameters<Methods['listVersions']>[0],
  caller: RegistryCaller,
): ReturnType<Methods['listVersions']> {
  const count = limitOf(limit, versionsMax);
  if (before < 0) throw invalid('before', `want 0 or the number of a version, got ${before}`);
  const { name, lastVersion } = await entryOf(store, named, caller);
  // Numbers have no gaps: those of versions that were deleted are still theirs.
  const top = Math.min(lastVersion, (before || lastVersion + 1) - 1);
  const after = Math.max(0, top - count);
  const [records, aliases] = await Promise.all([
    top > after ? store.listVersions(name, { after, limit: top - after }) : [],
    store.aliasesOf(name),
  ]);
  const shown = records.filter(({ state }) => withDeleted || state !== 'deleted').toReversed();
  return { versions: shown.map((record) => listedMessage(record, aliases)), next: after > 0 ? after + 1 : 0 };
}

/** With the aliases that stand on it. */
export async function messageOf(store: RegistryStore, name: string, record: VersionRecord): Promise<VersionMessage> {
  return versionMessage(record, await store.aliasesOf(name));
}

async function numbered(store: RegistryStore, name: string, version: number): Promise<VersionRecord> {
  const record = await store.getVersion(name, version);
  if (!record) throw noSuchVersion(name, String(version));
  return record;
}

/** The version that a text names: a number, an alias or a digest; of an empty one the champion, or else the newest that is ready. Throws INVALID_ARGUMENT or NOT_FOUND. */
export async function resolve(store: RegistryStore, entry: EntryRecord, text: string): Promise<VersionRecord> {
  const { name } = entry;
  const record = text === '' ? await usual(store, entry) : await named(store, name, text);
  if (!record) throw noSuchVersion(name, text);
  return record;
}

async function named(store: RegistryStore, name: string, text: string): Promise<VersionRecord | undefined> {
  const ref = parseVersionRef(text);
  switch (ref.kind) {
    case 'number':
      return store.getVersion(name, ref.version);
    case 'digest':
      return store.getVersion(name, ref.digest);
    case 'alias': {
      const alias = (await store.aliasesOf(name)).find((one) => one.alias === ref.alias);
      return alias && store.getVersion(name, alias.version);
    }
  }
}

async function usual(store: RegistryStore, { name, lastVersion }: EntryRecord): Promise<VersionRecord | undefined> {
  const champion = (await store.aliasesOf(name)).find(({ alias }) => alias === 'champion');
  if (champion) return store.getVersion(name, champion.version);
  for (let top = lastVersion; top > 0; top -= versionsMax) {
    const after = Math.max(0, top - versionsMax);
    const page = await store.listVersions(name, { after, limit: top - after });
    const ready = page.findLast(({ state }) => state === 'ready');
    if (ready) return ready;
  }
  return undefined;
}

const noSuchVersion = (name: string, version: string) =>
  notThere(
    version === ''
      ? `${quoted(name)} has no version that is ready`
      : `${quoted(name)} has no version ${quoted(version)}`,
  );
