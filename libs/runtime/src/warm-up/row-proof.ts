/**
 * Whether calls may share a run of a model: only where the answer to a row is shown not to depend on the rows beside it. A file cannot tell (a first
 * dimension may be time, points or nodes, whatever it is called), so it is tried on made-up rows, by the values of every output.
 */
import { InferError, type Signature, type Tensor } from '@sheaf/inference';
import { splitRows } from '../scheduler/batch.ts';
import type { PackedTensor } from '../tasks/packed-tensor.ts';
import { allowedRounding, difference } from './row-difference.ts';
import {
  poisoned,
  type Random,
  type SampleKind,
  sampleKinds,
  sampleRow,
  seededRandom,
  takesFloats,
} from './row-samples.ts';

export type RowVerdict = { readonly runs: number; readonly ms: number } & (
  | {
      readonly independent: true;
      /** Most rows that a run was tried with. */
      readonly rows: number;
      /** By how much a row differed at most from the same row alone, as a share of its largest magnitude: by rounding. */
      readonly rounding: number;
    }
  | {
      readonly independent: false;
      /** Follows `not batched: `. */
      readonly why: string;
    }
);

/** One request of one row: a tensor for each input; one answer to it: a tensor for each output. */
export type Row = readonly Tensor[];

export interface RowModel {
  readonly signature: Signature;
  /** Runs rows together; answers every output, and the milliseconds of the run. Throws InferError where the model refuses them. */
  readonly run: (rows: readonly Row[]) => Promise<{ readonly outputs: readonly PackedTensor[]; readonly ms: number }>;
  /** Most rows that a batch may have. */
  readonly rowsMax: number;
  /** No run may take longer. Milliseconds. */
  readonly runLimitMs: number;
}

/** The same on every replica. */
const seed = 0x9e3779b9;
/** After so many milliseconds of runs, or so many bytes that were made up, nothing is tried that is not needed. */
const budgetMs = 1_000;
const budgetBytes = 256 * 2 ** 20;
/** What a run that is not needed may have of inputs: 64 pictures of megapixels would take gigabytes. */
const runBytesMax = 64 * 2 ** 20;
/** After so many, what is not shown is taken for not true. */
const limitMs = 30_000;
/** Sizes of runs that are always tried; larger ones, up to the largest batch, are as long as there is time. */
const sizesNeeded = [2, 3];
/** Outputs that say nothing on small numbers, such as labels, may on large ones. */
const scales = [1, 100, 0.01, 10_000];

/** Ends the trial: why the rows are not independent, or were not shown to be. */
class Counterexample extends Error {}

/** Tries whether rows are independent: alone and together, in several sizes and orders, beside other rows and beside rows that are no numbers. */
export async function tryRows(model: RowModel): Promise<RowVerdict> {
  const trial = new Trial(model);
  try {
    const why = wrongShape(model);
    if (why) throw new Counterexample(why);
    const rounding = await trial.whole();
    return { independent: true, rows: trial.rows, rounding, runs: trial.runs, ms: trial.ms };
  } catch (error) {
    if (!(error instanceof Counterexample)) throw error;
    return { independent: false, why: error.message, runs: trial.runs, ms: trial.ms };
  }
}

/** Why inputs cannot be put one below the other, or undefined. */
export function wrongShape({ signature, rowsMax }: Pick<RowModel, 'signature' | 'rowsMax'>): string | undefined {
  const { inputs } = signature;
  if (inputs.length === 0) return 'it has no inputs';
  if (rowsMax < 2) return 'maxRows is 1';
  for (const { name, shape, symbols, unranked } of inputs) {
    if (unranked) return `its file declares no shape of input "${name}"`;
    if (shape.length === 0) return `input "${name}" is a scalar`;
    if (shape[0] !== -1) return `input "${name}" takes exactly ${shape[0]} ${shape[0] === 1 ? 'row' : 'rows'}`;
    const symbol = symbols?.[0];
    const other = symbol && inputs.find((input) => input.symbols?.some((it, axis) => axis > 0 && it === symbol));
    if (other) return `its first dimension "${symbol}" is also another dimension of input "${other.name}"`;
  }
  return undefined;
}

class Trial {
  runs = 0;
  ms = 0;
  rows = 1;
  readonly #model: RowModel;
  readonly #random: Random = seededRandom(seed);
  /** Whether the same run twice gives the same bits. */
  #isExact = true;
  #rowMs = 0;
  #madeBytes = 0;
  #rounding = 0;
  /** Of each output, what a row of it was, until two were different. */
  readonly #seen = new Map<string, Tensor | 'different'>();

  constructor(model: RowModel) {
    this.#model = model;
  }

  /** Answers the rounding that was seen. */
  async whole(): Promise<number> {
    const accepted = await this.#acceptedKind();
    for (const [round, scale] of scales.entries()) {
      if (round > 0 && this.#isSpent && this.#silent() === undefined) break;
      await this.#round({ ...accepted, scale }, round === 0);
    }
    const silent = this.#silent();
    if (silent !== undefined)
      throw new Counterexample(`output "${silent}" was the same for all rows that were tried, which shows nothing`);
    return this.#rounding;
  }

  get #isSpent(): boolean {
    return this.ms > budgetMs || this.#madeBytes > budgetBytes;
  }

  #silent(): string | undefined {
    return this.#model.signature.outputs.find(({ name }) => this.#seen.get(name) !== 'different')?.name;
  }

  /** The first kind of made-up inputs that the model runs with. */
  async #acceptedKind(): Promise<SampleKind> {
    let refusal = 'a row has too many elements';
    for (const kind of sampleKinds(this.#model.signature)) {
      try {
        await this.#run([this.#sample(kind)]);
        return kind;
      } catch (error) {
        if (!(error instanceof InferError)) throw error;
        refusal = error.message;
      }
    }
    throw new Counterexample(`none of the inputs that were made up for it was accepted (${refusal})`);
  }

  async #round(kind: SampleKind, isFirst: boolean): Promise<void> {
    const chosen = [this.#sample({ ...kind, quiet: true }), this.#sample(kind), this.#sample(kind)];
    const alone: Row[] = [];
    for (const row of chosen) alone.push(await this.#one(row));
    const again = await this.#one(chosen[0] as Row);
    if (this.#compare(alone[0] as Row, again, () => 'of a row is another when the same call is made again') > 0)
      this.#isExact = false;
    const { rowsMax } = this.#model;
    const sizes = new Set([...sizesNeeded, 5, 8, 64, rowsMax].map((rows) => Math.min(rows, rowsMax)));
    for (const size of sizes) {
      const isNeeded = isFirst && sizesNeeded.includes(size);
      const isLarge = size * bytesOf(chosen[0] as Row) > runBytesMax || size * this.#rowMs > this.#model.runLimitMs / 2;
      if (!isNeeded && (this.#isSpent || isLarge)) break;
      await this.#size(size, kind, chosen, alone);
    }
  }

  /** Runs some rows beside others, beside different ones, in the other order, and beside what are no numbers. */
  async #size(size: number, kind: SampleKind, chosen: readonly Row[], alone: readonly Row[]): Promise<void> {
    const count = Math.min(chosen.length, size - 1);
    const company = (): Row[] => Array.from({ length: size - count }, () => this.#sample(kind));
    const places = this.#shuffled(size).slice(0, count);
    const place = (others: readonly Row[]): Row[] => {
      const rest = [...others];
      return Array.from({ length: size }, (_, at) => {
        const index = places.indexOf(at);
        return (index === -1 ? rest.pop() : chosen[index]) as Row;
      });
    };
    const rows = place(company());
    const first = await this.#together(rows);
    for (const answer of first) this.#see(answer);
    for (const [index, at] of places.entries()) {
      const apart = this.#compare(
        alone[index] as Row,
        first[at] as Row,
        (by) => `of a row differs ${by} between a run alone and one of ${size} rows`,
      );
      this.#rounding = Math.max(this.#rounding, apart);
    }
    const turned = (await this.#together(rows.toReversed())).toReversed();
    for (const at of places)
      this.#compare(first[at] as Row, turned[at] as Row, (by) => `of a row differs ${by} where rows change places`);
    const unlike = takesFloats(this.#model.signature) ? company().map(poisoned) : [];
    for (const others of [company(), unlike].filter(({ length }) => length > 0)) {
      const beside = await this.#together(place(others), others === unlike);
      for (const at of places)
        if (beside)
          this.#compare(
            first[at] as Row,
            beside[at] as Row,
            (by) => `of a row differs ${by} when other rows run beside it`,
            this.#isExact,
          );
    }
    this.rows = Math.max(this.rows, size);
  }

  /** The largest difference between two answers; throws where it is more than rounding, or than nothing. */
  #compare(one: Row, other: Row, told: (by: string) => string, exact = false): number {
    let largest = 0;
    for (const [index, tensor] of one.entries()) {
      const apart = difference(tensor, other[index] as Tensor);
      if (apart > (exact ? 0 : allowedRounding(tensor.datatype)))
        throw new Counterexample(
          `output "${tensor.name}" ${told(Number.isFinite(apart) ? `by ${percent(apart)}` : 'wholly')}`,
        );
      largest = Math.max(largest, apart);
    }
    return largest;
  }

  #see(answer: Row): void {
    for (const tensor of answer) {
      const before = this.#seen.get(tensor.name);
      // What has no elements can depend on nothing.
      if (before === undefined) this.#seen.set(tensor.name, tensor.data.byteLength === 0 ? 'different' : tensor);
      else if (before !== 'different' && difference(before, tensor) > 0) this.#seen.set(tensor.name, 'different');
    }
  }

  #sample(kind: SampleKind): Row {
    const row = sampleRow(this.#model.signature, kind, this.#random);
    this.#madeBytes += bytesOf(row);
    return row;
  }

  #shuffled(count: number): number[] {
    const keys = Array.from({ length: count }, () => this.#random());
    return [...keys.keys()].sort((a, b) => (keys[a] as number) - (keys[b] as number));
  }

  async #one(row: Row): Promise<Row> {
    return (await this.#together([row]))[0] as Row;
  }

  #together(rows: readonly Row[]): Promise<readonly Row[]>;
  /** Undefined where `mayFail` and the model does not take them. */
  #together(rows: readonly Row[], mayFail: boolean): Promise<readonly Row[] | undefined>;
  async #together(rows: readonly Row[], mayFail = false): Promise<readonly Row[] | undefined> {
    try {
      return await this.#run(rows);
    } catch (error) {
      if (!(error instanceof InferError)) throw error;
      if (mayFail) return undefined;
      throw new Counterexample(`a run of ${rows.length} rows fails (${error.message})`);
    }
  }

  async #run(rows: readonly Row[]): Promise<readonly Row[]> {
    const { run, runLimitMs } = this.#model;
    if (this.ms > limitMs) throw new Counterexample(`${limitMs / 1_000} s did not suffice to try its rows`);
    if (rows.length * this.#rowMs > runLimitMs / 2)
      throw new Counterexample(
        `a row takes ${Math.round(this.#rowMs)} ms, so that ${rows.length} are near its run limit`,
      );
    this.runs++;
    const { outputs, ms } = await run(rows);
    this.ms += ms;
    this.#rowMs = Math.max(this.#rowMs, ms / rows.length);
    for (const { name, shape } of outputs)
      if (shape[0] !== rows.length)
        throw new Counterexample(`output "${name}" has the shape [${shape}] for ${rows.length} of the inputs' rows`);
    return splitRows(
      outputs,
      rows.map(() => 1),
    );
  }
}

const bytesOf = (row: Row): number => row.reduce((total, { data }) => total + data.byteLength, 0);
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
