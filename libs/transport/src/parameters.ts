/** Request parameters: any name may carry any value, but for those that the protocol's extensions give a meaning. */
import { InferError, invalidField, type Limits, type Parameter, type Parameters } from '@sheaf/inference';
import type { InferParameter, InferParameter__Output } from './generated/inference/InferParameter.ts';

/** What a reserved parameter has to be, or undefined when it is. */
type Check = (value: Parameter) => string | undefined;

const wanted =
  (what: string, holds: (value: Parameter) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : `want ${what}`;

const isCount = (value: Parameter): boolean => typeof value === 'bigint' && value >= 0n;
const bool = wanted('a bool', (value) => typeof value === 'boolean');

/** The reserved names of the sequence, schedule and parameters extensions. */
const reserved: Readonly<Record<string, Check>> = {
  sequence_id: wanted(
    'an int64 of 0 or more, or a string that is not empty',
    (value) => isCount(value) || (typeof value === 'string' && value !== ''),
  ),
  sequence_start: bool,
  sequence_end: bool,
  priority: wanted('an int64 or uint64 of 0 or more', isCount),
  timeout: wanted('an int64 of 0 or more, in microseconds', isCount),
  triton_enable_empty_final_response: bool,
};

export function decodeParameters(wire: Readonly<Record<string, InferParameter__Output>>, limits: Limits): Parameters {
  const entries = Object.entries(wire);
  if (entries.length > limits.parametersMax) {
    throw new InferError(
      'RESOURCE_EXHAUSTED',
      `parameters: want at most ${limits.parametersMax}, got ${entries.length}`,
      {
        reason: 'TOO_MANY',
        metadata: { limit: String(limits.parametersMax), size: String(entries.length) },
        retryAfterMs: -1,
      },
    );
  }
  return new Map(entries.map(([name, parameter]) => [name, decodeParameter(name, parameter)]));
}

function decodeParameter(name: string, parameter: InferParameter__Output): Parameter {
  const value = chosenValue(parameter);
  const check = Object.hasOwn(reserved, name) ? reserved[name] : undefined;
  const wrong =
    value === undefined
      ? 'the parameter has no value'
      : (check?.(value) ??
        (!check && name.startsWith('triton_') ? 'names that begin with "triton_" are reserved' : undefined));
  if (value === undefined || wrong !== undefined)
    throw invalidField(`parameters[${JSON.stringify(name.slice(0, 64))}]`, wrong ?? '', 'PARAMETER_INVALID');
  return value;
}

function chosenValue(parameter: InferParameter__Output): Parameter | undefined {
  switch (parameter.parameterChoice) {
    case 'boolParam':
      return parameter.boolParam ?? false;
    case 'int64Param':
      return BigInt(parameter.int64Param ?? 0);
    case 'uint64Param':
      return BigInt(parameter.uint64Param ?? 0);
    case 'stringParam':
      return parameter.stringParam ?? '';
    case 'doubleParam':
      return Number(parameter.doubleParam ?? 0);
    default:
      return undefined;
  }
}

export function encodeParameters(parameters: Parameters): Record<string, InferParameter> {
  const entries = [...parameters].map(([name, value]): [string, InferParameter] => [name, encodeParameter(value)]);
  return Object.fromEntries(entries);
}

function encodeParameter(value: Parameter): InferParameter {
  switch (typeof value) {
    case 'boolean':
      return { boolParam: value };
    case 'bigint':
      return value < 2n ** 63n ? { int64Param: value.toString() } : { uint64Param: value.toString() };
    case 'string':
      return { stringParam: value };
    case 'number':
      return { doubleParam: value };
  }
}
