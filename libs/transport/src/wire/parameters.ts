/** Request parameters: any name may carry any value, but for those that the protocol's extensions give a meaning. */
import { invalidField, type Limits, type Parameter, type Parameters } from '@sheaf/inference';
import { atMost } from './limit.ts';
import type { WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

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

/** Reads the entries of a `map<string, InferParameter>` as they come; those past the limit are counted only. */
export class ParametersReader {
  readonly #values = new Map<string, Parameter | undefined>();
  readonly #max: number;
  #tooMany = 0;

  constructor({ parametersMax }: Limits) {
    this.#max = parametersMax;
  }

  read(reader: WireReader): void {
    let name = '';
    let value: Parameter | undefined;
    const outer = reader.enter();
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) name = reader.string();
      else if (field === 2) value = readParameter(reader) ?? value;
      else reader.skip();
    }
    reader.leave(outer);
    // The last one of a name wins.
    if (this.#values.size < this.#max || this.#values.has(name)) this.#values.set(name, value);
    else this.#tooMany++;
  }

  /** Throws what is wrong with them. */
  parameters(): Parameters {
    atMost('parameters', this.#values.size + this.#tooMany, this.#max);
    for (const [name, value] of this.#values) checkParameter(name, value);
    return this.#values as Parameters;
  }
}

/** Whichever choice comes last is the one. */
function readParameter(reader: WireReader): Parameter | undefined {
  let value: Parameter | undefined;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) value = reader.bool();
    else if (field === 2) value = BigInt.asIntN(64, reader.uint64());
    else if (field === 3) value = reader.string();
    else if (field === 4) value = reader.double();
    else if (field === 5) value = reader.uint64();
    else reader.skip();
  }
  reader.leave(outer);
  return value;
}

function checkParameter(name: string, value: Parameter | undefined): void {
  const check = Object.hasOwn(reserved, name) ? reserved[name] : undefined;
  const wrong =
    value === undefined
      ? 'the parameter has no value'
      : (check?.(value) ??
        (!check && name.startsWith('triton_') ? 'names that begin with "triton_" are reserved' : undefined));
  if (wrong !== undefined)
    throw invalidField(`parameters[${JSON.stringify(name.slice(0, 64))}]`, wrong, 'PARAMETER_INVALID');
}

/** Writes them as the map `field`. */
export function writeParameters(writer: WireWriter, field: number, parameters: Parameters): void {
  for (const [name, value] of parameters) {
    const entry = writer.begin(field);
    writer.string(1, name);
    const choice = writer.begin(2);
    if (typeof value === 'boolean') writer.bool(1, value);
    else if (typeof value === 'string') writer.element(3, value);
    else if (typeof value === 'number') writer.double(4, value);
    else writer.int64(value < 2n ** 63n ? 2 : 5, value);
    writer.end(choice);
    writer.end(entry);
  }
}
