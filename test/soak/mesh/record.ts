/** What a soak hands to its judge. */
import type { Samples } from '../../support/scrape.ts';
import type { LedgerRow } from './ledger.ts';

/** What is judged. */
export interface SoakRecord {
  readonly ledger: readonly LedgerRow[];
  /** What the mesh tells when all calls have ended, with what gateways told last that run no more: a counter over its resets. */
  readonly samples: Samples;
  /** The first without the others: of one gateway alone. */
  readonly last: Samples;
  /** Gateways that run no more. */
  readonly gatewaysEnded: number;
  /** ModelStatistics of all that is served. */
  readonly statistics: readonly ModelCounts[];
  /** What each process told last, by service, replica and start: of those that run no more too. */
  readonly lives: readonly Life[];
}

/** One process, from its start to its end, as it was scraped. */
export interface Life {
  readonly service: string;
  readonly replica: number;
  readonly startedAt: number;
  /** nv_inference_request_success and _failure, of all models together. */
  readonly answered: number;
  readonly notAnswered: number;
  /** What it told before did not become less. */
  readonly isMonotone: boolean;
}

/** As ModelStatistics has it. */
export interface ModelCounts {
  readonly name: string;
  readonly inferences: number;
  readonly executions: number;
  readonly success: number;
  readonly fail: number;
  readonly successNs: number;
}
