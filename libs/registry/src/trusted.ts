/** Whether somebody who is trusted has signed a version that is about to answer calls. */
import { checkSignatures, type SignatureTrust } from '@sheaf/signing';
import type { VersionRecord } from './registry-store.ts';
import { warnUnsigned } from './service/warn-unsigned.ts';

/** Whose signatures count; asked each time. */
export type Trust = () => Promise<SignatureTrust>;

export const nobodyLooks: Trust = async () => ({ policy: 'off', keys: [] });

/** Throws FAILED_PRECONDITION for a version that may not be put into force. */
export function checkTrusted(
  { kind, name, version, manifest, signatures }: VersionRecord,
  trusted: SignatureTrust,
): void {
  warnUnsigned(checkSignatures(`${kind} ${name}/${version}`, manifest.files, signatures, trusted));
}
