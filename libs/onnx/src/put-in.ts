/** Edits of messages that leave all else as it was, and the one that puts weights of other files into a model. */
import { tensorFields } from './everything.ts';
import { type ExternalTensor, externalTensor } from './external-data.ts';
import { type Field, fieldsOf, nest, walk } from './wire.ts';

export type Pieces = readonly Uint8Array[];

/** What a field that is a message or text becomes; undefined leaves it. */
export type Edit = (value: Uint8Array, field: Field) => Pieces | undefined;
export type Edits = Readonly<Record<number, Edit>>;

/** A message with its fields edited, as pieces of which most are views on it; undefined where nothing changed. */
export function edited(message: Uint8Array, edits: Edits): Pieces | undefined {
  let isChanged = false;
  const pieces = [...fieldsOf(message)].flatMap((field): Pieces => {
    const { number, value, bytes } = field;
    const changed = value && edits[number]?.(value, field);
    isChanged ||= changed !== undefined;
    return changed ?? [bytes];
  });
  return isChanged ? pieces : undefined;
}

/** Edits what is in a field that is a message. */
const inside =
  (edits: () => Edits): Edit =>
  (value, { number }) => {
    const pieces = edited(value, edits());
    return pieces && nest(number, pieces);
  };

/** Leaves the tensors where they are. */
const leave: Edit = () => undefined;
export const puttingNothingIn = { node: leave, sparse: leave, ownFunction: leave };

/** Puts the bytes of tensors in other files where the tensors are. `read` answers a piece of a file, as a view. */
export function puttingIn(read: (from: ExternalTensor) => Uint8Array) {
  const tensor: Edit = (value, { number }) => {
    const from = externalTensor(walk(value, tensorFields));
    if (!from) return undefined;
    const kept = [...fieldsOf(value)].filter((field) => field.number !== 13 && field.number !== 14);
    return nest(number, [...kept.map(({ bytes }) => bytes), ...nest(9, [read(from)])]);
  };
  const sparse = inside(() => ({ 1: tensor, 2: tensor }));
  const graph = inside(() => ({ 1: node, 5: tensor, 15: sparse }));
  const attribute = inside(() => ({ 5: tensor, 6: graph, 10: tensor, 11: graph, 22: sparse, 23: sparse }));
  const node = inside(() => ({ 5: attribute }));
  const ownFunction = inside(() => ({ 7: node, 11: attribute }));
  return { node, sparse, ownFunction };
}
