/**
 * What an InferError says in structure, as entries of `google.rpc.ErrorInfo.metadata`, which clients read: `may_have_begun` (`false`: not begun, `true`:
 * lost), and of a run that its process ends for `process_ends`, `batch_calls` and `run`. Written and read here, and nowhere else.
 */
import type { EndedRun, InferError, InferErrorDetails, Progress } from '@sheaf/inference';

type Entries = Readonly<Record<string, string>>;
type Structured = Pick<InferErrorDetails, 'metadata' | 'progress' | 'endedRun'>;

const mayHaveBegun = { 'not-begun': 'false', lost: 'true', unknown: undefined } as const satisfies Record<
  Progress,
  unknown
>;

/** The metadata of an error, with what it says in structure. */
export function toErrorInfoMetadata({ metadata, progress, endedRun }: InferError): Entries {
  const begun = mayHaveBegun[progress];
  if (begun === undefined && !endedRun) return metadata;
  return {
    ...metadata,
    ...(begun !== undefined && { may_have_begun: begun }),
    ...(endedRun && { process_ends: 'true' }),
    ...(endedRun?.run !== undefined && { run: endedRun.run }),
    ...(endedRun?.calls !== undefined && { batch_calls: String(endedRun.calls) }),
  };
}

/** The other way round; what another server writes there that is none of these is metadata like any other. */
export function fromErrorInfoMetadata(entries: Entries): Structured {
  const { may_have_begun: begun, process_ends: ends, ...others } = entries;
  const progress = begun === 'false' ? 'not-begun' : begun === 'true' ? 'lost' : 'unknown';
  if (ends !== 'true') return { metadata: others, progress };
  const { run, batch_calls: calls, ...metadata } = others;
  return { metadata, progress, endedRun: { run, calls: countOf(calls) } satisfies EndedRun };
}

function countOf(text: string | undefined): number | undefined {
  const count = Number(text);
  return text !== undefined && Number.isSafeInteger(count) && count > 0 ? count : undefined;
}
