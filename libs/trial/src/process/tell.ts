import type { Found } from '../policy.ts';
import type { TrialFacts, TrialStep } from './messages.ts';

/** How the parts of a trial tell what they find. */
export interface Tell {
  step(step: TrialStep): void;
  /** `text` is a sentence for whoever brought the version. */
  found(check: Found['check'], text: string, code?: Found['code']): void;
  facts(facts: TrialFacts): void;
  /** The last that is told: this process ends. */
  end(check: Found['check'], text: string, code?: Found['code']): Promise<never>;
}
