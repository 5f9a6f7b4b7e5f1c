/** What one rule did to one call. */
export interface Decision {
  readonly rule: string;
  /** Its action, such as `refuse`. */
  readonly action: string;
  /** `passed`: its condition did not hold; `acted`, or in shadow `would-act`; `failed`: its expression could not be evaluated, so what holds for its kind was done. */
  readonly outcome: 'passed' | 'acted' | 'would-act' | 'failed';
  /** Why it failed. */
  readonly why?: string;
}
