/** How the answers of two versions differ, in a process that is thrown away. */
import type { TrialComparison } from '@sheaf/inference';
import { tryVersion } from '@sheaf/trial';

interface Placed {
  readonly name: string;
  readonly version: number;
  /** Where its files are. */
  readonly folder: string;
}

/** Undefined where one of both cannot be run. */
export async function answersOf(of: Placed, against: Placed): Promise<TrialComparison | undefined> {
  const candidate = ({ name, version, folder }: Placed) =>
    ({ kind: 'unread', name, version: String(version), folder }) as const;
  const report = await tryVersion(candidate(of), { against: candidate(against) });
  return report.against;
}
