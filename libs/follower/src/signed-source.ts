/** A source of which only versions are ready whose signatures the mesh trusts: what is pushed elsewhere, or before keys were asked for, is looked at here. */
import type { OnEvent } from '@sheaf/inference';
import { checkSignatures, type SignatureTrust } from '@sheaf/signing';
import type { RegistrySource, SourceEntry } from './source.ts';

interface Judged {
  /** Of the entry: a signature that is added is a change of it. */
  readonly epoch: number;
  readonly trust: string;
  /** Why it may not be served; undefined: it may be. */
  readonly why: string | undefined;
}

/** `trust` says whose signatures count now. Where it throws, nothing new is taken from the source. */
export function signedSource(
  source: RegistrySource,
  trust: () => Promise<SignatureTrust>,
  onEvent: OnEvent,
): RegistrySource {
  const known = new Map<string, Judged>();
  const judge = async (entry: SourceEntry, version: number, now: SignatureTrust, signal: AbortSignal) => {
    const place = `${entry.kind} ${entry.name}/${version}`;
    const trusted = `${now.policy} ${now.keys.map(({ id }) => id).join(' ')}`;
    const before = known.get(place);
    if (before?.epoch === entry.epoch && before.trust === trusted) return before;
    const { manifest, signatures } = await source.version(entry, version, signal);
    const why = whyUntrusted(place, manifest.files, signatures, now);
    const judged = { epoch: entry.epoch, trust: trusted, why: now.policy === 'require' ? why : undefined };
    known.set(place, judged);
    if (why !== undefined && now.policy === 'warn') onEvent(`${why}; it is served all the same`, 'registry.unsigned');
    return judged;
  };
  return {
    ...source,
    snapshot: async (signal) => {
      const [now, snapshot] = [await trust(), await source.snapshot(signal)];
      if (now.policy === 'off') return snapshot;
      const entries: SourceEntry[] = [];
      for (const entry of snapshot.entries) {
        const versions: SourceEntry['versions'][number][] = [];
        for (const one of entry.versions) {
          const isRefused = one.state === 'ready' && (await judge(entry, one.version, now, signal)).why !== undefined;
          versions.push(isRefused ? { ...one, state: 'unsigned' } : one);
        }
        entries.push({ ...entry, versions });
      }
      return { ...snapshot, entries };
    },
    version: async (entry, version, signal) => {
      const found = await source.version(entry, version, signal);
      return { ...found, why: found.why || (known.get(`${entry.kind} ${entry.name}/${version}`)?.why ?? '') };
    },
  };
}

function whyUntrusted(
  place: string,
  files: Parameters<typeof checkSignatures>[1],
  signatures: readonly string[],
  { keys }: SignatureTrust,
): string | undefined {
  const judged = checkSignatures(place, files, signatures, { policy: 'warn', keys });
  return judged.kind === 'untrusted' ? judged.why : undefined;
}
