import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadVersion } from '@sheaf/registry';
import type { ManifestMessage, RegistryCalls, VersionMessage } from '@sheaf/transport';
import type { RegistryAction } from '../action.ts';
import { answersOf } from '../diff/answers.ts';
import { diffModels } from '../diff/diff-models.ts';
import { type Compared, diffText, type FileChange, type SaidChange } from '../diff/diff-text.ts';
import { readSide } from '../diff/read-side.ts';
import { versionOf } from '../typed.ts';

export const diff: RegistryAction = {
  usage: '<name>/<version> <name>/<version>',
  summary: 'what is other in the second: files, what is said of it, inputs and outputs, nodes, weights, answers',
  options: { 'no-run': { type: 'boolean' } },
  help: '    --no-run             compare no answers: neither of both is run',
  words: [2, 2],
  async run({ calls, kind }, [one = '', other = ''], values) {
    const [from, to] = await Promise.all([one, other].map((text) => calls.getVersion({ kind, ...versionOf(text) })));
    if (!from || !to) return;
    const [files, said] = [fileChanges(from, to), saidChanges(from, to)];
    const isRun = values['no-run'] !== true;
    const compared = kind === 'model' && files.length > 0 ? await compare(calls, from, to, isRun) : undefined;
    const places = [from, to].map(({ name, version, digest }) => ({ name, version, digest }));
    console.log(
      values['json']
        ? JSON.stringify({ from: places[0], to: places[1], files, said, model: null, answers: null, ...compared })
        : diffText(files, said, compared),
    );
  },
};

function fileChanges({ manifest: from }: VersionMessage, { manifest: to }: VersionMessage): FileChange[] {
  const [before, after] = [from, to].map(
    (manifest) => new Map(manifest?.files.map(({ path, sha256 }) => [path, sha256])),
  );
  const paths = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].sort();
  return paths.flatMap((path): FileChange[] => {
    const [was, is] = [before?.get(path), after?.get(path)];
    if (was === is) return [];
    return [{ path, change: was === undefined ? 'added' : is === undefined ? 'removed' : 'changed' }];
  });
}

/** What the manifests say beside their files. */
function saidChanges({ manifest: from }: VersionMessage, { manifest: to }: VersionMessage): SaidChange[] {
  const [before, after] = [from, to].map(saidOf);
  const names = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])];
  return names
    .map((what) => ({ what, from: before?.get(what) ?? 'none', to: after?.get(what) ?? 'none' }))
    .filter((change) => change.from !== change.to);
}

function saidOf(manifest: ManifestMessage | null): ReadonlyMap<string, string> {
  const { labels = {}, metrics = {}, pins = [], parent, producer, featureView, trainingWindow } = manifest ?? {};
  const facts: (readonly [string, string | undefined])[] = [
    ...Object.entries(labels).map(([name, value]) => [`label ${name}`, value] as const),
    ...Object.entries(metrics).map(([name, value]) => [`metric ${name}`, String(value)] as const),
    ...pins.map(({ name, digest, alias }) => [`pin ${name}`, digest || alias] as const),
    ['parent', parent],
    ['producer', producer],
    ['feature view', featureView],
    ['trained on', trainingWindow ? `${trainingWindow.fromMs} to ${trainingWindow.toMs}` : undefined],
  ];
  return new Map(facts.flatMap(([name, value]) => (value ? [[name, value] as const] : [])));
}

async function compare(
  calls: RegistryCalls,
  from: VersionMessage,
  to: VersionMessage,
  isRun: boolean,
): Promise<Compared> {
  const home = await mkdtemp(join(tmpdir(), 'sheaf-diff-'));
  try {
    const [one, other] = [join(home, 'from'), join(home, 'to')];
    await downloadVersion(calls, from, one);
    await downloadVersion(calls, to, other);
    const model = diffModels(readSide(one, pathsOf(from)), readSide(other, pathsOf(to)));
    const answers = isRun ? await answersOf({ ...to, folder: other }, { ...from, folder: one }) : undefined;
    return { model, ...(answers && { answers }) };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const pathsOf = ({ manifest }: VersionMessage): readonly string[] => manifest?.files.map(({ path }) => path) ?? [];
