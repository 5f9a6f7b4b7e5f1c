/** Says of a pipeline that is pushed into a registry whether it asks only what its publisher may see: whoever may ask it would ask all that it names. */
import { formatProblem, type MeshProblem, parseYaml, pipelineFile } from '@sheaf/mesh';
import { allSteps, parsePipeline, targetsOf } from '@sheaf/pipeline';
import { type Judgement, type JudgeVersion, noSuchEntry, type Registry } from '@sheaf/registry';

type Pushed = Pick<Parameters<JudgeVersion>[0], 'manifest' | 'sees'>;

const bytesMax = 1024 * 1024;

/** Throws NOT_FOUND where it names what its publisher may not see. All else about it is judged by whoever serves it, who alone knows what it asks. */
export async function judgePipeline(
  blobs: Pick<Registry['blobs'], 'readWhole'>,
  { manifest, sees }: Pushed,
): Promise<Judgement> {
  const file = manifest.files.find(({ path }) => path === pipelineFile);
  if (!file) return { state: 'quarantined', why: `it has no file ${pipelineFile}` };
  const text = Buffer.from(await blobs.readWhole(file.sha256, bytesMax)).toString();
  const problems: MeshProblem[] = [];
  const yaml = parseYaml(text, pipelineFile, problems);
  const parsed = yaml && parsePipeline(yaml.value);
  for (const { path, message } of parsed?.problems ?? []) if (yaml) problems.push(yaml.place(path, message));
  const [first] = problems;
  if (!parsed?.spec || first) return { state: 'quarantined', why: first ? formatProblem(first) : 'it is no pipeline' };
  const targets = parsed.spec.stages.flatMap(({ step }) => allSteps(step, [])).flatMap(({ step }) => targetsOf(step));
  for (const target of targets)
    if (target.kind !== 'transform' && !sees(target.name)) throw noSuchEntry({ kind: target.kind, name: target.name });
  return { state: 'ready', why: '' };
}
