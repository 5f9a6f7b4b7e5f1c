import type { InferErrorCode } from '@sheaf/inference';
import type { OutPart } from './mesh.ts';

/** One mistake in a mesh folder, with its place. */
export interface MeshProblem {
  /** Relative to the mesh folder. */
  readonly file: string;
  /** Counted from 1; undefined where a line means nothing (a folder, a binary file). */
  readonly line: number | undefined;
  /** Where in the document, e.g. `stages.crop.inputs`; empty for the whole file. */
  readonly path: string;
  /** What was wanted and what came. */
  readonly message: string;
  /** How a call that brings it is refused. Undefined: FAILED_PRECONDITION. */
  readonly code?: InferErrorCode;
}

export function formatProblem({ file, line, path, message }: MeshProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

export const problemIn = (file: string, message: string): MeshProblem => ({ file, line: undefined, path: '', message });

/** A part of the folder that is not served as it stands there. */
export function outText({ kind, name, version, why, keeps }: OutPart): string {
  const named = `${kind} ${name}${version === undefined ? '' : `/${version}`}`;
  return `${named} is ${keeps ? 'served as it was before' : 'out'}: ${why}`;
}
