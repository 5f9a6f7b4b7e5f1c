import type { Signature, TrialReport } from '@sheaf/inference';
import { type MeshReading, type ReadOptions, readMesh, trialRules } from '@sheaf/mesh';
import { type TrialOptions, tryVersions } from '@sheaf/trial';

export interface TriedModel {
  readonly model: string;
  readonly version: string;
  /** Whether its calls are batched, and why (not), and what else is worth telling; or why it cannot be served. */
  readonly outcome: string;
  readonly failed: boolean;
}

/**
 * Reads a folder, and has all of its models tried where nothing but pipelines may be wrong: these are then judged by what the models took and gave, since
 * files declare shapes that are not true.
 */
export async function readTried(
  folder: string,
  onTried: (tried: TriedModel, total: number) => void,
  options: TrialOptions = {},
  read: ReadOptions = {},
): Promise<MeshReading> {
  const reading = await readMesh(folder, read);
  const { servable, problems } = reading;
  if (!servable || problems.some(({ file }) => !file.startsWith('pipelines/'))) return reading;
  const jobs = servable.models.flatMap((model) =>
    model.versions.map((version) => ({ candidate: { kind: 'read', model, version } as const })),
  );
  const seen = new Map<string, Signature>();
  const tell = (report: TrialReport): void => {
    const { name, version, signature, declared } = report;
    if (signature && JSON.stringify(signature) !== JSON.stringify(declared)) seen.set(`${name}/${version}`, signature);
    onTried({ model: name, version, outcome: outcomeOf(report), failed: report.verdict === 'fail' }, jobs.length);
  };
  const outputBytesMax = servable.limits.innerMessageBytesMax;
  const policy = await trialRules(folder);
  await tryVersions(jobs, tell, { policy, ...options, limits: { outputBytesMax, ...options.limits } });
  return seen.size > 0 ? readMesh(folder, { ...read, seen }) : reading;
}

/** One line: what keeps it from being served, or else what its start lines say, and what surprises those who are not told. */
function outcomeOf({ verdict, findings, batching }: TrialReport): string {
  const texts = (wanted: (finding: TrialReport['findings'][number]) => boolean): string[] =>
    findings.filter(wanted).map(({ text }) => text);
  if (verdict === 'fail') return texts(({ level }) => level === 'fail').join('; ');
  return [
    ...texts(({ check }) => check === 'declared'),
    ...(batching ? [batching.text] : []),
    ...texts(({ level }) => level === 'warn'),
  ].join('; ');
}
