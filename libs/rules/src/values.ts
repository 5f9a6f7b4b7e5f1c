import { type Datatype, elementCount, elements, type Tensor } from '@sheaf/inference';
import { type CelType, expressionLimits } from './environment.ts';
import { ExpressionError } from './expression.ts';

/** How an element of each datatype is seen by expressions; the others are not seen. */
export function elementType(datatype: Datatype): 'bool' | 'int' | 'double' | undefined {
  switch (datatype) {
    case 'BOOL':
      return 'bool';
    case 'FP32':
    case 'FP64':
      return 'double';
    case 'BYTES':
    case 'FP16':
    case 'BF16':
      return undefined;
    default:
      return 'int';
  }
}

/** What an integer datatype can hold; undefined for the others. */
export function integerRange(datatype: Datatype): { readonly lowest: bigint; readonly highest: bigint } | undefined {
  const [, unsigned, bits] = /^(U?)INT(8|16|32|64)$/.exec(datatype) ?? [];
  if (bits === undefined) return undefined;
  const count = 2n ** BigInt(bits);
  return unsigned ? { lowest: 0n, highest: count - 1n } : { lowest: -count / 2n, highest: count / 2n - 1n };
}

export function listType(datatype: Datatype): CelType | undefined {
  const element = elementType(datatype);
  return element && `list<${element}>`;
}

/** The elements in row-major order. Throws {@link ExpressionError} when they are too many for an expression. */
export function toList(tensor: Tensor): readonly (boolean | number | bigint)[] {
  const { name, datatype, shape } = tensor;
  const count = elementCount(shape);
  const { elementsMax } = expressionLimits;
  if (count > elementsMax)
    throw new ExpressionError(`"${name}" has ${count} elements; an expression sees at most ${elementsMax}`);
  const kind = elementType(datatype);
  if (kind === undefined) throw new ExpressionError(`"${name}" is ${datatype}, which expressions do not read`);
  const values = Array.from(
    elements({ ...tensor, datatype } as Parameters<typeof elements>[0]) as ArrayLike<number | bigint>,
  );
  if (kind === 'double') return values;
  return kind === 'bool' ? values.map(Boolean) : values.map(BigInt);
}
