/** What a batch that is declared in a file reads and asks. */
import { resolve } from 'node:path';
import type { BatchSpec, Validation } from './batch-spec.ts';
import type { InputSpec } from './input/input.ts';
import type { TensorMapping } from './mapping/mapping.ts';

type DeclaredTensor =
  | { readonly kind: 'columns'; readonly columns: readonly string[]; readonly missing?: string | undefined }
  | { readonly kind: 'file'; readonly file: string };

/** As much of a file of batches as a batch keeps; the room of meshes reads such files. */
export interface DeclaredSpec {
  readonly input: InputSpec;
  readonly key: readonly string[];
  readonly tensors: ReadonlyMap<string, DeclaredTensor>;
  readonly outputs: readonly string[];
  readonly rows?: 'together' | 'one' | undefined;
  readonly chunkRows: number;
  readonly requestRows: number;
  readonly validate?: Validation | undefined;
  readonly hold: boolean;
  readonly keep: number;
}

/** `folder`: of the mesh; where the input is not absolute, it is meant from there. */
export function declaredSpec(name: string, declared: DeclaredSpec, folder: string): BatchSpec {
  const { input, key, tensors, outputs, rows, chunkRows, requestRows, validate, hold, keep } = declared;
  return {
    name,
    input: { ...input, path: resolve(folder, input.path) },
    mapping: { key, tensors: [...tensors].map(([tensor, from]) => tensorMapping(tensor, from)), outputs, rows },
    chunkRows,
    requestRows,
    validation: validate,
    hold,
    keep,
  };
}

const tensorMapping = (tensor: string, from: DeclaredTensor): TensorMapping =>
  from.kind === 'file'
    ? { tensor, columns: [from.file], from: 'file' }
    : { tensor, columns: from.columns, from: 'values', missing: from.missing };
