/** Who asks, and what is there for them. */
import { type InferError, maySee, trustedCaller } from '@sheaf/inference';
import type { RegistryCaller } from '@sheaf/transport';
import { type EntryKind, entryKinds } from '../manifest.ts';
import { checkEntryName } from '../names.ts';
import { invalid, notThere, quoted } from '../refusals.ts';
import type { EntryRecord, RegistryStore } from '../registry-store.ts';

/** As the history and the audit trail name them. */
export const actorOf = ({ principal }: RegistryCaller): string =>
  principal === trustedCaller ? 'nobody' : principal.id;

/** `name` is the entry's; an empty `kind` is either. */
export interface Named {
  readonly kind: string;
  readonly name: string;
}

export const noSuchEntry = ({ kind, name }: Named): InferError =>
  notThere(`there is no ${kind || 'model or pipeline'} ${quoted(name)} in the registry`, 'ENTRY_NOT_FOUND');

/** Empty is either. */
export function kindOf(kind: string): EntryKind | undefined {
  const known = entryKinds.find((one) => one === kind);
  if (known || kind === '') return known;
  throw invalid('kind', `want ${entryKinds.join(' or ')}, got ${quoted(kind)}`);
}

/** The entry that is named; one that the caller may not see is not there. Throws INVALID_ARGUMENT or NOT_FOUND. */
export async function entryOf(
  store: Pick<RegistryStore, 'getEntry'>,
  named: Named,
  { principal }: RegistryCaller,
): Promise<EntryRecord> {
  checkEntryName(named.name);
  const kind = kindOf(named.kind);
  const entry = maySee(principal, named.name) ? await store.getEntry(named.name) : undefined;
  if (!entry || (kind !== undefined && entry.kind !== kind)) throw noSuchEntry(named);
  return entry;
}

/** 0 stands for the most. */
export function limitOf(limit: number, max: number): number {
  if (limit >= 0 && limit <= max) return limit || max;
  throw invalid('limit', `want 0 to ${max}, got ${limit}`);
}
