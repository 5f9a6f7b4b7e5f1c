/** What has to be 0 when all calls have ended, and what has to be 0 for the other laws to hold. */
import type { Samples } from '../../support/scrape.ts';
import type { SoakRecord } from './record.ts';
import { within } from './within.ts';

const atRest = [
  'sheaf_requests_in_flight',
  'sheaf_bytes_in_flight',
  'sheaf_runs_in_flight',
  'sheaf_queue_use_ratio',
  'nv_inference_pending_request_count',
];

/** Work that was left goes on for a while. */
export const isAtRest = ({ sum }: Samples): boolean => atRest.every((name) => sum(name) === 0);

export const restLaws = ({ samples: { sum }, last }: SoakRecord): string[] => [
  ...atRest.flatMap((name) => within(`${name} at the end`, last.sum(name), 0)),
  ...within('entries that were dropped from journals', sum('sheaf_journal_entries_dropped_total'), 0),
  ...within('values of labels beyond what is told apart', sum('sheaf_label_overflows_total'), 0),
];
