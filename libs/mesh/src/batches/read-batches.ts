import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Path, Problems } from '@sheaf/document';
import { type Signature, type TensorSpec, versionMeant } from '@sheaf/inference';
import { pipelineFinder, pipelineName } from '@sheaf/pipeline';
import { type BatchDeclaration, batchDocument } from '../language/batch-document.ts';
import type { Mesh } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';
import { readYaml } from '../yaml-file.ts';

/** A batch that a folder declares. */
export interface DeclaredBatch {
  /** That of its file, without the ending. */
  readonly name: string;
  /** `batches/name.yaml`. */
  readonly file: string;
  readonly declaration: BatchDeclaration;
}

export interface BatchesReading {
  /** Those without a mistake, by name. */
  readonly batches: readonly DeclaredBatch[];
  readonly problems: readonly MeshProblem[];
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/**
 * The batches of a mesh folder, `batches/*.yaml`, and every mistake in them. Without a mesh, as where the folder has mistakes, the names in them are not
 * looked at. What they read is not opened: it may come later.
 */
export async function readBatches(folder: string, mesh: Mesh | undefined): Promise<BatchesReading> {
  const problems: MeshProblem[] = [];
  const at = join(folder, 'batches');
  const files = (await readdir(at).catch(() => [])).filter((file) => /^[^.].*\.ya?ml$/.test(file)).sort();
  const batches: DeclaredBatch[] = [];
  for (const file of files) {
    const path = `batches/${file}`;
    const name = file.replace(/\.ya?ml$/, '');
    if (!namePattern.test(name)) {
      problems.push(problemIn(path, 'want a file name of letters, digits, "_" and "-", at most 128'));
      continue;
    }
    const yaml = await readYaml(join(at, file), path, problems);
    if (!yaml) continue;
    const found = new Problems();
    const declaration = batchDocument.read(yaml.value, [], found);
    if (declaration && mesh) checkNames(declaration, mesh, found);
    for (const problem of found.list) problems.push(yaml.place(problem.path, problem.message));
    if (declaration && found.list.length === 0) batches.push({ name, file: path, declaration });
  }
  return { batches, problems };
}

/** Whether what is asked is there, with these inputs and outputs. */
function checkNames({ pipeline, tensors, outputs }: BatchDeclaration, mesh: Mesh, problems: Problems): void {
  const asked = askedIn(mesh, pipeline);
  if (!asked) {
    const names = [...mesh.pipelines.map(({ spec }) => spec.pipeline), ...modelNames(mesh)];
    problems.add(
      ['pipeline'],
      `there is no pipeline or model "${pipeline}"; there are ${[...new Set(names)].join(', ') || 'none'}`,
    );
    return;
  }
  const { signature } = asked;
  if (!signature) return;
  for (const name of tensors.keys()) checkName(name, 'input', signature.inputs, ['tensors', name], problems);
  for (const [index, name] of outputs.entries())
    checkName(name, 'output', signature.outputs, ['outputs', index], problems);
  for (const { name, optional } of signature.inputs)
    if (!optional && !tensors.has(name)) problems.add(['tensors'], `input "${name}" has no column`);
}

const modelNames = ({ services }: Mesh): string[] => services.flatMap(({ models }) => models);

/** What a name means in a mesh: its version, decimal where the folder tells it, and its signature where the folder tells that. */
export interface AskedSubject {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature | undefined;
}

/** `wanted`: `name`, `name/2` or `name/alias`. Undefined where nothing has the name, or it has no such version. */
export function askedIn(mesh: Mesh, wanted: string): AskedSubject | undefined {
  const specs = mesh.pipelines.map(({ spec }) => spec);
  const target = pipelineName(wanted);
  const spec = pipelineFinder(specs, mesh.aliases)(target);
  if (spec) {
    const found = mesh.pipelines.find((one) => one.spec === spec);
    return { name: spec.pipeline, version: String(spec.version), signature: found?.signature };
  }
  const [name = '', version = ''] = wanted.split('/');
  if (!modelNames(mesh).includes(name)) return undefined;
  const model = mesh.models.find((one) => one.name === name);
  // Of a server of somebody else only that server knows.
  if (!model) return { name, version, signature: undefined };
  const meant = versionMeant(mesh.aliases, name, version);
  const versions = model.versions.filter((one) => meant === '' || String(one.version) === meant);
  const newest = versions.reduce<(typeof versions)[number] | undefined>(
    (last, one) => (last && Number(last.version) > Number(one.version) ? last : one),
    undefined,
  );
  return newest && { name, version: String(newest.version), signature: newest.signature };
}

function checkName(
  name: string,
  noun: 'input' | 'output',
  specs: readonly TensorSpec[],
  path: Path,
  problems: Problems,
): void {
  const names = specs.map((spec) => spec.name);
  if (!names.includes(name)) problems.add(path, `there is no ${noun} "${name}"; the ${noun}s are ${names.join(', ')}`);
}
