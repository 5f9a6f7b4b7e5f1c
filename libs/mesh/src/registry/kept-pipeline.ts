/** A version of a pipeline in a registry brings its own code and says which versions it asks: what is the same in the mesh folder is another thing. */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { bindPipeline, type PipelineSpec, type Target } from '@sheaf/pipeline';
import type { VersionContent, VersionFile } from '../mesh.ts';
import { type View, type ViewPin, versionFolder } from './view.ts';

export interface KeptPipeline {
  readonly name: string;
  readonly version: number;
  /** Where its files lie, absolute. */
  readonly folder: string;
  readonly files: readonly VersionFile[];
  readonly pins: readonly ViewPin[];
}

/** The file of a version that is the pipeline. */
export const pipelineFile = 'pipeline.yaml';

/** How a file of a version is told of. */
export const toldAs = ({ name, version }: KeptPipeline): string => `pipelines/${name}/${version}/${pipelineFile}`;

export const keptPipelines = (folder: string, view: View | undefined): KeptPipeline[] =>
  (view?.entries ?? []).flatMap(({ name, kind, versions }) =>
    kind === 'pipeline'
      ? versions.map(({ version, digest, files, pins }) => ({
          ...{ name, version, files, pins },
          folder: versionFolder(folder, digest),
        }))
      : [],
  );

/** What its transforms may import: all but the pipeline itself and its tests. */
function codeOf({ folder, files }: KeptPipeline): VersionContent {
  const code = files.filter(({ path }) => path !== pipelineFile && !path.startsWith('tests/'));
  const manifest = code.map(({ path, sha256, sizeBytes }) => `${JSON.stringify([path, sha256, sizeBytes])}\n`);
  return { folder, files: code, digest: `sha256:${hash('sha256', manifest.join(''))}` };
}

/** So many that nobody finds other code with the mark of this. */
const markChars = 32;

/** What it runs and what it asks tell a transform from others of its path: versions of one pipeline with the same of both share it. */
function markOf(kept: KeptPipeline): string {
  const pins = kept.pins.map(({ name, version }) => [name, version]).toSorted();
  return hash('sha256', JSON.stringify([kept.name, codeOf(kept).digest, pins])).slice(0, markChars);
}

/** The path by which a mesh knows a transform of it: `./crop.<32 hex digits>.ts` for `./crop.ts`. */
export const keptPath = (kept: KeptPipeline, path: string): string =>
  path.replace(/(\.[cm]?[jt]s)?$/, (ending) => `.${markOf(kept)}${ending}`);

/** Where a transform of a registry is, and what it is run with. */
export interface KeptTransform {
  readonly file: string;
  readonly content: VersionContent;
  readonly pins: ReadonlyMap<string, string>;
}

export const keptTransform = (kept: KeptPipeline, path: string): KeptTransform => ({
  file: join(kept.folder, path),
  content: codeOf(kept),
  pins: new Map(kept.pins.map(({ name, version }) => [name, version])),
});

/** The pipeline as the registry calls it; it asks what is pinned, whatever else callers of that get. */
export function bindKept(kept: KeptPipeline, spec: PipelineSpec): PipelineSpec {
  const pinned = new Map(kept.pins.map(({ name, version }) => [name, version]));
  const target = (asked: Target): Target => {
    if (asked.kind === 'transform') return { ...asked, path: keptPath(kept, asked.path) };
    return asked.version === undefined ? { ...asked, version: pinned.get(asked.name) } : asked;
  };
  return bindPipeline(spec, { pipeline: kept.name, version: kept.version, target });
}
