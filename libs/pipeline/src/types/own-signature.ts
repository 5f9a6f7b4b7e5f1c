import type { Signature } from '@sheaf/inference';
import type { PipelineSpec } from '../language/spec.ts';
import { type Dim, openDim, type TensorType, type Types, toSpec } from './tensor-type.ts';

export interface NamedType {
  readonly name: string;
  readonly type: TensorType;
}

/** What callers are told of a pipeline: what its graph gives, as its rules leave it. */
export function ownSignature(spec: PipelineSpec, inputs: Types, outputs: readonly NamedType[]): Signature {
  const names = new DimNames();
  for (const { dims } of inputs.values()) for (const dim of dims) names.getOrCreate(dim);
  const capped = cappedRows(spec, inputs);
  const kept = keptRows(spec, outputs);
  const told = outputs.map(({ name, type }) => {
    const [rows, ...others] = type.dims;
    const dims = rows ? [kept.get(rows) ?? rows, ...others] : [];
    return toSpec(name, { ...type, dims: dims.map((dim) => capped.get(dim) ?? dim) }, (dim) => names.getOrCreate(dim));
  });
  return { inputs: spec.inputs, outputs: told };
}

/** Callers who send more rows than a rule lets in get fewer back. */
function cappedRows({ rules }: PipelineSpec, inputs: Types): Map<Dim, Dim> {
  if (!rules.before.some(({ kind, shadow }) => kind === 'cap-rows' && !shadow)) return new Map();
  const rows = [...inputs.values()].flatMap(({ dims: [first] }) => (first && first.size === undefined ? [first] : []));
  return new Map(rows.map((dim) => [dim, openDim(`${dim.name || 'rows'}_capped`)]));
}

/** Which rows a filter leaves is known only after the call; that they are the same ones in all outputs it acts on, before. */
function keptRows({ rules }: PipelineSpec, outputs: readonly NamedType[]): Map<Dim, Dim> {
  const kept = new Map<Dim, Dim>();
  for (const rule of rules.after) {
    if (rule.kind !== 'keep' || rule.shadow) continue;
    const read = rule.keep.reads.find(([root]) => root === 'row')?.[1];
    const rows = outputs.find(({ name }) => name === read)?.type.dims[0];
    if (rows && !kept.has(rows)) kept.set(rows, openDim(`${rows.name || 'rows'}_kept`));
  }
  return kept;
}

/** Two dimensions that need not be the same size have two names, whatever their models call them. */
class DimNames {
  readonly #names = new Map<Dim, string>();

  getOrCreate(dim: Dim): string {
    const known = this.#names.get(dim);
    if (known !== undefined || dim.name === '') return known ?? '';
    const taken = new Set(this.#names.values());
    let name = dim.name;
    for (let count = 2; taken.has(name); count++) name = `${dim.name}_${count}`;
    this.#names.set(dim, name);
    return name;
  }
}
