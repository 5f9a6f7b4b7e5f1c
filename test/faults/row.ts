/** How long a row is under load before, during and after its fault, and what its chances are drawn from. */
export interface FaultPlan {
  readonly seed: number;
  readonly beforeMs: number;
  readonly duringMs: number;
  readonly afterMs: number;
}

export interface Measured {
  readonly kept: boolean;
  /** The figures that the promise is about, in its order and units. */
  readonly measured: string;
}

/** One fault and what is promised under it. */
export interface FaultRow {
  /** In kebab case, of its own. */
  readonly name: string;
  readonly fault: string;
  readonly promise: string;
  /** Whether it is among the few that every check runs. */
  readonly isShort: boolean;
  readonly run: (plan: FaultPlan) => Promise<Measured>;
}
