/** Tells the log of versions in shadow that answer otherwise. */
import { log } from '@sheaf/inference';
import type { CopyTold } from '@sheaf/rollout';

/** Each version has a line at most so often; what came in between is counted. */
const everyMs = 10_000;

interface Counted {
  at: number;
  compared: number;
  agreed: number;
  failed: number;
}

/** Answers a listener of copies. Nothing is told of those that agree. */
export function createShadowTeller(now: () => number = () => performance.now()): (told: CopyTold) => void {
  const counted = new Map<string, Counted>();
  return ({ name, version, result, comparison }) => {
    if (result === 'skipped' || !comparison) return;
    const key = `${name}/${version}`;
    const known = counted.get(key) ?? { at: Number.NEGATIVE_INFINITY, compared: 0, agreed: 0, failed: 0 };
    counted.set(key, known);
    known.compared++;
    if (result === 'agreed') known.agreed++;
    if (result === 'failed') known.failed++;
    if (result === 'agreed' || now() - known.at < everyMs) return;
    const { compared, agreed, failed } = known;
    const sentence = `${key} in shadow answered otherwise than callers were answered: ${agreed} of ${compared} copies agreed, ${failed} failed; the last: ${comparison.why}`;
    log('shadow.differs', sentence, { model: name, version, compared, agreed, failed });
    counted.set(key, { at: now(), compared: 0, agreed: 0, failed: 0 });
  };
}
