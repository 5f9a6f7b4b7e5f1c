/** What a model file says of itself, as far as callers are told. */
import type { ModelFacts } from '@sheaf/onnx';

const entriesMax = 64;
/** Of all keys and values together. ModelMetadata is one message, and is asked for again and again. */
const charsMax = 64 * 1024;

/** The metadata of the file under its own keys; ours begin with `sheaf_`. What does not fit is named. */
export function propertiesOf(digest: string, { producer, metadata }: ModelFacts): ReadonlyMap<string, string> {
  const kept: [string, string][] = [];
  const left: string[] = [];
  let chars = 0;
  for (const [key, value] of metadata) {
    const fits = kept.length < entriesMax && chars + key.length + value.length <= charsMax;
    if (!fits) left.push(key);
    else if (!key.startsWith('sheaf_')) {
      kept.push([key, value]);
      chars += key.length + value.length;
    }
  }
  return new Map([
    ['sheaf_digest', digest],
    ...(producer ? [['sheaf_producer', producer] as const] : []),
    ...kept,
    ...(left.length > 0 ? [['sheaf_left_out', left.slice(0, entriesMax).join(', ').slice(0, charsMax)] as const] : []),
  ]);
}

/** Notices of inputs that take nothing. */
export const emptyInputs = ({ signature }: ModelFacts): string[] =>
  signature.inputs
    .filter(({ shape }) => shape.includes(0))
    .map(
      ({ name, shape }) =>
        `input "${name}" has the shape [${shape.map((dim) => (dim === -1 ? '?' : dim)).join(', ')}]: the model takes tensors without elements there, and no others; export it again with a dimension of any size in the place of 0 if that is not meant`,
    );
