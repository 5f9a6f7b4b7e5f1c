/** The switches of `resilience` in mesh.yaml that a row is about. */
export const policies = ['breaker', 'retry', 'ejection', 'earlyRefusal', 'adaptiveLimit', 'throttle'] as const;
export type Policy = (typeof policies)[number];

/** How long a row is under load before, during and after its fault, and what its chances are drawn from. */
export interface FaultPlan {
  readonly seed: number;
  readonly beforeMs: number;
  readonly duringMs: number;
  readonly afterMs: number;
  /** The same for a row that looks at nothing then. */
  readonly idleAfterMs: number;
  /** Switched off in the mesh under test. */
  readonly off?: Policy | undefined;
}

/** For a row that looks at nothing special after its fault. */
export const brief = (plan: FaultPlan): FaultPlan => ({ ...plan, afterMs: plan.idleAfterMs });

export interface Measured {
  readonly kept: boolean;
  /** The figures that the promise is about, in its order and units. */
  readonly measured: string;
  /** What the invariants found; none is good. */
  readonly violations?: readonly string[];
}

/** One fault and what is promised under it. */
export interface FaultRow {
  /** In kebab case, of its own. */
  readonly name: string;
  readonly fault: string;
  readonly promise: string;
  /** Whether it is among the few that every check runs. */
  readonly isShort: boolean;
  /** Takes part only with `--full`, or by its name. */
  readonly isExtra?: boolean;
  /** What keeps the promise: with it switched off the row fails. */
  readonly policy?: Policy;
  readonly run: (plan: FaultPlan) => Promise<Measured>;
}
