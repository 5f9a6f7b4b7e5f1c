import { log } from '@sheaf/inference';
import type { SignatureJudgement } from '@sheaf/signing';

/** Tells of a version that is taken though nobody who is trusted has signed it. */
export function warnUnsigned(judgement: SignatureJudgement): void {
  if (judgement.kind === 'untrusted') log('registry.unsigned', judgement.why);
}
