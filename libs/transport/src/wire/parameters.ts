/** Request parameters: any name may carry any value, but for those that the protocol's extensions give a meaning. */
import { invalidField, type Limits, type Parameter, type Parameters } from '@sheaf/inference';
import { stepLimits } from '../step-limits.ts';
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

/** Which field of an InferParameter has come last; none: it has no value. */
const choices = { none: 0, bool: 1, int64: 2, string: 3, double: 4, uint64: 5 } as const;

/** Reads the entries of a `map<string, InferParameter>` as they come; those past the limits are counted only. */
export class ParametersReader {
  readonly #values = new Map<string, Parameter | undefined>();
  readonly #max: number;
  readonly #entriesMax: number;
  #entries = 0;
  #tooMany = 0;
  /** The value of the entry that is read: nothing is made of it before all of the entry has come. */
  #choice = 0;
  #low = 0;
  #high = 0;
  #double = 0;
  #stringAt = 0;

  constructor({ parametersMax }: Limits) {
    this.#max = parametersMax;
    this.#entriesMax = parametersMax * stepLimits.entriesPerParameterMax;
  }

  read(reader: WireReader): void {
    if (++this.#entries > this.#entriesMax) {
      reader.skip();
      return;
    }
    let nameAt = 0;
    this.#choice = choices.none;
    const outer = reader.enter();
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) nameAt = reader.place();
      else if (field === 2) this.#readChoice(reader);
      else reader.skip();
    }
    reader.leave(outer);
    const name = reader.stringAt(nameAt);
    // The last one of a name wins.
    if (this.#values.size < this.#max || this.#values.has(name)) this.#values.set(name, this.#value(reader));
    else this.#tooMany++;
  }

  /** Throws what is wrong with them. */
  parameters(): Parameters {
    atMost('parameters', this.#values.size + this.#tooMany, this.#max);
    atMost('entries of parameters', this.#entries, this.#entriesMax);
    for (const [name, value] of this.#values) checkParameter(name, value);
    return this.#values as Parameters;
  }

  /** Whichever choice comes last is the one. */
  #readChoice(reader: WireReader): void {
    const outer = reader.enter();
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === choices.bool || field === choices.int64 || field === choices.uint64) {
        this.#low = reader.uint32();
        this.#high = reader.high;
      } else if (field === choices.string) this.#stringAt = reader.place();
      else if (field === choices.double) this.#double = reader.double();
      else {
        reader.skip();
        continue;
      }
      this.#choice = field;
    }
    reader.leave(outer);
  }

  #value(reader: WireReader): Parameter | undefined {
    switch (this.#choice) {
      case choices.bool:
        return this.#low !== 0 || this.#high !== 0;
      case choices.int64:
        return BigInt.asIntN(64, this.#bits());
      case choices.uint64:
        return this.#bits();
      case choices.string:
        return reader.stringAt(this.#stringAt);
      case choices.double:
        return this.#double;
      default:
        return undefined;
    }
  }

  #bits(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }
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
