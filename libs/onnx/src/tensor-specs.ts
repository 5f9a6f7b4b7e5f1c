/** What a graph says of its inputs and outputs. */
import { dimensionName, type TensorSpec } from '@sheaf/inference';
import { datatypes, elementTypeName } from './element-types.ts';
import { refuse } from './refusal.ts';
import { field, intField, type Message, messageField, messagesField, stringField } from './wire.ts';

export interface TensorLimits {
  readonly nameCharsMax: number;
  /** Inputs, and outputs. */
  readonly tensorsMax: number;
  readonly rankMax: number;
}

export type Side = 'input' | 'output';

/** A tensor that can be served, or why this is none, as what follows its name in a sentence. */
export type Described = { readonly spec: TensorSpec } | { readonly name: string; readonly why: string };

/** All of one side, each with a name of its own. */
export function describeTensors(side: Side, infos: readonly Message[], limits: TensorLimits): Described[] {
  if (infos.length > limits.tensorsMax)
    throw refuse(`the model has ${infos.length} ${side}s; the limit is ${limits.tensorsMax}`);
  const names = infos.map((info, index) => nameOf(side, info, index, limits));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(`the model has two ${side}s called "${twice}"`);
  return infos.map((info, index) => describe(side, names[index] ?? '', info, limits));
}

function nameOf(side: Side, info: Message, index: number, { nameCharsMax }: TensorLimits): string {
  const name = stringField(info, 1);
  if (name.length > nameCharsMax)
    throw refuse(`the name of an ${side} has ${name.length} characters; the limit is ${nameCharsMax}`);
  if (name === '' || /[\p{Cc}\uFFFD]/u.test(name))
    throw refuse(
      `${side} ${index + 1} is called ${JSON.stringify(name)}, a name that cannot be used; want text in UTF-8 without control characters`,
    );
  return name;
}

const otherKinds = new Map([
  [4, 'a sequence'],
  [5, 'a map'],
  [7, 'opaque'],
  [8, 'a sparse tensor'],
  [9, 'an optional'],
]);

function describe(side: Side, name: string, info: Message, limits: TensorLimits): Described {
  const type = messageField(info, 2);
  const tensor = type && messageField(type, 1);
  if (!tensor) {
    const kind = [...otherKinds].find(([number]) => type && field(type, number).length > 0)?.[1] ?? 'of no type';
    return { name, why: `is ${kind}, which the protocol has not` };
  }
  const elementType = intField(tensor, 1);
  const datatype = datatypes.get(elementType);
  if (!datatype)
    return {
      name,
      why: `has the ONNX element type ${elementTypeName(elementType)}, which the protocol has not`,
    };
  return { spec: { name, datatype, ...shapeOf(side, name, tensor, limits) } };
}

/** Of a tensor type. */
export function shapeOf(
  side: Side,
  name: string,
  tensor: Message,
  { rankMax }: Pick<TensorLimits, 'rankMax'>,
): Pick<TensorSpec, 'shape' | 'symbols' | 'unranked'> {
  const shape = messageField(tensor, 2);
  if (!shape) return { shape: [], unranked: true };
  const dims = messagesField(shape, 1);
  if (dims.length > rankMax) throw refuse(`${side} "${name}" has ${dims.length} dimensions; the limit is ${rankMax}`);
  const sizes = dims.map((dim) => {
    if (field(dim, 1).length === 0) return -1;
    const value = intField(dim, 1);
    if (!Number.isSafeInteger(value) || value < -1) throw refuse(`${side} "${name}" has a dimension of ${value}`);
    return value;
  });
  const symbols = dims.map((dim) => (field(dim, 1).length === 0 ? dimensionName(stringField(dim, 2)) : ''));
  return { shape: sizes, ...(symbols.some(Boolean) ? { symbols } : {}) };
}
