/** A sample counts for half after so many more: the machine may get slower or faster. */
const halfLife = 64;
const decay = 0.5 ** (1 / halfLife);
const samplesMin = 8;
/** A run counts for at most so many times what it should have taken: its process may have been stopped for a while. */
const surpriseMax = 4;

export interface Cost {
  /** A run of n rows takes about `fixedMs + n * rowMs`; both 0 until that is known. */
  readonly fixedMs: number;
  readonly rowMs: number;
}

/**
 * What a run costs, learned while running: the line of least squares through (rows, milliseconds), where older samples count for less. As long as all
 * runs had as many rows, all of the time counts as fixed.
 */
export class CostLine {
  #samples = 0;
  #weight = 0;
  #meanRows = 0;
  #meanMs = 0;
  /** Weighted sums of squares about the means, after Welford (1962), West (1979). */
  #rowsRows = 0;
  #rowsMs = 0;

  add(rows: number, measuredMs: number): void {
    const { fixedMs, rowMs } = this.cost;
    const expectedMs = fixedMs + rowMs * rows;
    const ms = expectedMs > 0 ? Math.min(measuredMs, surpriseMax * expectedMs) : measuredMs;
    this.#samples++;
    this.#weight = this.#weight * decay + 1;
    const fromMeanRows = rows - this.#meanRows;
    this.#meanRows += fromMeanRows / this.#weight;
    this.#meanMs += (ms - this.#meanMs) / this.#weight;
    this.#rowsRows = this.#rowsRows * decay + fromMeanRows * (rows - this.#meanRows);
    this.#rowsMs = this.#rowsMs * decay + fromMeanRows * (ms - this.#meanMs);
  }

  get cost(): Cost {
    if (this.#samples < samplesMin) return { fixedMs: 0, rowMs: 0 };
    const known = this.#rowsRows / this.#weight > 1e-3;
    // More rows never take less time, nor does none take less than no time.
    const slope = known ? this.#rowsMs / this.#rowsRows : 0;
    const rowMs = Math.min(Math.max(0, slope), this.#meanMs / this.#meanRows);
    return { fixedMs: this.#meanMs - rowMs * this.#meanRows, rowMs };
  }
}

/** So many rows cost more than the run that they share; `most` when that is not known, or more. A batch of them gains little by others. */
export const rowsWorthARun = ({ fixedMs, rowMs }: Cost, most: number): number =>
  rowMs > 0 ? Math.min(most, fixedMs / rowMs) : most;
