/** Says of a version that is pushed into a registry whether it may be served: it is tried first, beside the one that is served now. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakingChanges, type Signature, type TrialReport } from '@sheaf/inference';
import type { JsonObject, Judgement, JudgeVersion, Manifest, Registry, VersionRecord } from '@sheaf/registry';
import type { UnreadCandidate } from './candidate.ts';
import { judgePipeline } from './judge-pipeline.ts';
import type { TrialLimits } from './limits.ts';
import type { GivenPolicy } from './policy.ts';
import { type TrialOptions, tryVersion } from './try-version.ts';

/** A publisher waits for its trial, and all others after it. */
const pushLimits: Partial<TrialLimits> = { timeMsMax: 300_000 };

/** What is told of why, and stored with the version. */
const whyCharsMax = 1_000;

export interface JudgeOptions extends Omit<TrialOptions, 'signal' | 'policy'> {
  /** Asked before each trial. Default: the usual one. */
  readonly policyNow?: () => Promise<GivenPolicy>;
}

/** Models are tried; of pipelines it is looked what they ask. */
export const createJudge =
  (
    { store, blobs }: Pick<Registry, 'store' | 'blobs'>,
    { policyNow = async () => ({}), ...options }: JudgeOptions = {},
  ): JudgeVersion =>
  async ({ name, manifest, by, sees, signal }) => {
    if (manifest.kind !== 'model') return judgePipeline(blobs, { manifest, sees });
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-pushed-'));
    /** Copies, so that nothing that is tried can reach what is stored; publishing looks whether the bytes are what they should be. */
    const placed = async (version: string, { files }: Manifest): Promise<UnreadCandidate> => {
      const own = join(folder, version);
      for (const { path, sha256 } of files) await blobs.copy(sha256, join(own, path));
      return { kind: 'unread', name, version, folder: own };
    };
    try {
      const entry = await store.getEntry(name);
      const current = entry && (await currentOf(store, name, entry.lastVersion));
      const candidate = await placed(String((entry?.lastVersion ?? 0) + 1), manifest);
      // One whose files are damaged is compared with nothing.
      const against = current && (await placed(String(current.version), current.manifest).catch(() => undefined));
      return judgementOf(
        await tryVersion(candidate, {
          ...options,
          limits: { ...pushLimits, ...options.limits },
          against,
          signal,
          asker: by,
          policy: await policyNow(),
        }),
        manifest.signature,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

/** The champion, or else the newest that is ready. */
async function currentOf(
  store: Registry['store'],
  name: string,
  lastVersion: number,
): Promise<VersionRecord | undefined> {
  const champion = (await store.aliasesOf(name)).find(({ alias }) => alias === 'champion');
  if (champion) {
    const record = await store.getVersion(name, champion.version);
    if (record?.state === 'ready') return record;
  }
  const recent = await store.listVersions(name, { after: Math.max(0, lastVersion - newestMax), limit: newestMax });
  return recent.findLast(({ state }) => state === 'ready');
}

/** One that is further back is compared with nothing. */
const newestMax = 100;

function judgementOf(report: TrialReport, claimed: Signature | undefined): Judgement {
  const trial = stored(report);
  const untrue = claimed && report.signature ? claims(claimed, report.signature) : [];
  const failed = report.findings.filter(({ level }) => level === 'fail').map(({ text }) => text);
  const why = [...failed, ...untrue].join('; ');
  if (why === '') return { state: 'ready', why, trial };
  return { state: 'quarantined', why: why.length > whyCharsMax ? `${why.slice(0, whyCharsMax)}...` : why, trial };
}

/** Characters that a registry keeps of a trial. */
const trialCharsMax = 500_000;

/** Without what the signature says as well, and without signatures of thousands of tensors. */
function stored({ declared, ...report }: TrialReport): JsonObject {
  const isOther = JSON.stringify(declared) !== JSON.stringify(report.signature);
  const text = JSON.stringify(isOther ? { ...report, declared } : report);
  const { signature: _, ...small } = report;
  return JSON.parse(text.length <= trialCharsMax ? text : JSON.stringify(small)) as JsonObject;
}

/** A manifest that says another signature would let aliases move to what callers cannot use. */
const claims = (claimed: Signature, real: Signature): string[] =>
  [...breakingChanges(claimed, real), ...breakingChanges(real, claimed)]
    .slice(0, 1)
    .map((text) => `its manifest says another signature than it has: ${text}`);
