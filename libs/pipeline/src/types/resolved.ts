import type { Classes } from './classes.ts';
import type { TensorType, Types } from './tensor-type.ts';

/** Tensors by name; one whose type could not be told is there without one. */
export type Given = ReadonlyMap<string, TensorType | undefined>;

/** What was found out about a step that its runs need. */
export interface Resolved {
  /** Of a target: the inputs it takes, of those that are there. */
  readonly inputs?: readonly string[];
  /** Of `each`: what it gives, and whether a part keeps the dimension that is split. */
  readonly outputs?: Types;
  readonly keepsDimension?: boolean;
  /** Of a stack: the meta-model's input. */
  readonly stackInput?: string;
  /** Of an ensemble: what is read of each member, and what they are given. */
  readonly answers?: readonly TensorType[];
  readonly given?: Given;
  /** Of an ensemble: its classes in its order, and those of each member in that one's own. */
  readonly classes?: Classes;
}
