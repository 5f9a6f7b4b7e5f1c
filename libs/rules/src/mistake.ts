/** Why a rule cannot be compiled. */
export interface RuleMistake {
  /** Of the rule, in its list. */
  readonly index: number;
  /** Below the rule. */
  readonly path: readonly string[];
  readonly message: string;
}

/** Of one rule. */
export type Mistake = Omit<RuleMistake, 'index'>;

export const isMistake = (made: object): made is Mistake => 'message' in made;
