/** Lists as a whole, however many questions that takes. */
import type { AliasMoveMessage, EntryMessage, RegistryCalls, VersionMessage } from '@sheaf/transport';

/** Entries of one kind, or of both where it is ''; by name. */
export async function allEntries(
  { listEntries }: Pick<RegistryCalls, 'listEntries'>,
  kind: string,
): Promise<readonly EntryMessage[]> {
  const all: EntryMessage[] = [];
  for (let after = ''; ; ) {
    const { entries, next } = await listEntries({ kind, after });
    all.push(...entries);
    if (next === '') return all;
    after = next;
  }
}

/** The newest first, without their files. */
export async function allVersions(
  { listVersions }: Pick<RegistryCalls, 'listVersions'>,
  of: { readonly kind: string; readonly name: string; readonly withDeleted?: boolean },
): Promise<readonly VersionMessage[]> {
  const all: VersionMessage[] = [];
  for (let before = 0; ; ) {
    const { versions, next } = await listVersions({ ...of, before });
    all.push(...versions);
    if (next === 0) return all;
    before = next;
  }
}

/** The newest first; of all aliases where `alias` is ''. */
export async function allMoves(
  { listHistory }: Pick<RegistryCalls, 'listHistory'>,
  of: { readonly kind: string; readonly name: string; readonly alias: string },
): Promise<readonly AliasMoveMessage[]> {
  const all: AliasMoveMessage[] = [];
  for (let before = 0; ; ) {
    const { moves, next } = await listHistory({ ...of, before });
    all.push(...moves);
    if (next === 0) return all;
    before = next;
  }
}
