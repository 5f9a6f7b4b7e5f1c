/** Compares the answer of a test, of a pipeline or of a golden set, with what it expects. */
import { isDeepStrictEqual } from 'node:util';
import type { InferError, InferResponse, Tensor } from '@sheaf/inference';
import type { Expected } from '@sheaf/mesh';

/** Lists what of a refusal is not as expected. */
export function compareRefusal({ refused }: Expected, { code, reason, message }: InferError): string[] {
  if (!refused) return [`want an answer, got ${code} (${reason}): ${message}`];
  return [
    ...differs('code', refused.code, code),
    ...differs('reason', refused.reason, reason),
    ...(refused.message === undefined || message.includes(refused.message)
      ? []
      : [`message: want "... ${refused.message} ...", got "${message}"`]),
  ];
}

const differs = (what: string, want: unknown, got: unknown): string[] =>
  want === undefined || isDeepStrictEqual(want, got)
    ? []
    : [`${what}: want ${JSON.stringify(want)}, got ${JSON.stringify(got)}`];

const names = (value: unknown): string[] => (typeof value === 'string' ? value.split(', ') : []);

/** Lists what of an answer is not as expected. */
export async function compare(expected: Expected, { outputs, parameters }: InferResponse): Promise<string[]> {
  const { refused, tolerance = 1e-4, rules, degraded, absent } = expected;
  if (refused) return [`want a refusal, got an answer`];
  // Loaded when it is needed: who has versions tried in other processes reads no pictures.
  const { jsonElements } = await import('@sheaf/tensor-io');
  return [
    ...[...(expected.outputs ?? [])].flatMap(([name, want]) =>
      compareOutput(
        name,
        want,
        outputs.find((output) => output.name === name),
        { tolerance, elementsOf: jsonElements },
      ),
    ),
    ...[...(expected.parameters ?? [])].flatMap(([name, want]) => {
      const got = parameters.get(name);
      return differs(`parameter ${name}`, want, typeof got === 'bigint' ? Number(got) : (got ?? null));
    }),
    ...differs('rules', rules, names(parameters.get('sheaf_rules'))),
    ...differs('degraded', degraded, parameters.get('sheaf_degraded') === true),
    ...differs('absent', absent, names(parameters.get('sheaf_absent'))),
  ];
}

const valuesShown = 12;

function compareOutput(
  name: string,
  want: readonly unknown[],
  got: Tensor | undefined,
  {
    tolerance,
    elementsOf,
  }: { readonly tolerance: number; readonly elementsOf: (tensor: Tensor) => readonly unknown[] },
): string[] {
  if (!got) return [`output ${name}: want ${JSON.stringify(want)}, got none`];
  const wanted = want.flat(Number.POSITIVE_INFINITY);
  // A single number is written as a list of one.
  const shape = got.shape.length === 0 ? [1] : got.shape;
  const given = elementsOf(got);
  const isClose = (a: unknown, b: unknown): boolean =>
    Object.is(a, b) ||
    (typeof a === 'number' && (typeof b === 'number' || typeof b === 'bigint')
      ? Math.abs(a - Number(b)) <= tolerance
      : String(a) === String(b));
  if (!isShaped(want, shape))
    return [`output ${name}: want ${JSON.stringify(want)}, got ${shown(given, 0)} of shape [${got.shape}]`];
  const differing = wanted.flatMap((value, index) => (isClose(value, given[index]) ? [] : [index]));
  const [first] = differing;
  if (first === undefined) return [];
  const others =
    differing.length === 1 ? '' : `, and ${differing.length - 1} more ${differing.length === 2 ? 'differs' : 'differ'}`;
  return [
    `output ${name}${placeOf(first, shape)}: want ${JSON.stringify(wanted[first])}, got ${JSON.stringify(given[first])}${others}; got ${shown(given, first)} of shape [${got.shape}]`,
  ];
}

/** Some of the values, `at` among them, as JSON: a text is seen where it begins and ends. */
function shown(values: readonly unknown[], at: number): string {
  const from = Math.max(0, Math.min(at - valuesShown / 2, values.length - valuesShown));
  const told = values.slice(from, from + valuesShown).map((value) => JSON.stringify(value));
  return `[${[...(from > 0 ? ['...'] : []), ...told, ...(from + valuesShown < values.length ? ['...'] : [])].join(', ')}]`;
}

/** Writes a place in a flat list as indices: `[1][2]`. */
function placeOf(index: number, shape: readonly number[]): string {
  let rest = index;
  const indices = shape.toReversed().map((size) => {
    const own = rest % size;
    rest = Math.floor(rest / size);
    return `[${own}]`;
  });
  return indices.toReversed().join('');
}

/** Lists in lists as long as the dimensions. */
const isShaped = (value: unknown, [size, ...others]: readonly number[]): boolean =>
  Array.isArray(value) ? value.length === size && value.every((item) => isShaped(item, others)) : size === undefined;
