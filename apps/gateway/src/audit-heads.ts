/** Tells where the audit trail ends, as it grows, to places that whoever writes the state cannot write: against a cut nothing else helps. */
import { Journal, log } from '@sheaf/inference';
import type { AuditHead, State } from '@sheaf/store';

/** After a look that failed. */
const againMs = 1_000;

export interface AuditHeadPorts {
  /** Called with each new end, also with the one at the start. */
  readonly tell: (head: AuditHead) => void;
  /** Called when the trail does not hold any more what it held before. */
  readonly alarm: (line: string) => void;
}

/** As logs have it, and as `sheaf admin audit` reads it again. */
export const headText = ({ sequence, hash }: AuditHead): string => `${sequence}:${hash}`;

/** Answers what ends it. Entries by other processes are told too, by each gateway; of several at once the last, which stands for all before it. */
export function followHeads(
  { audit, onAuditChanged }: Pick<State, 'audit' | 'onAuditChanged'>,
  { tell, alarm }: AuditHeadPorts,
): () => void {
  let last: AuditHead | undefined;
  let pending: Promise<void> | undefined;
  let isAskedAgain = false;
  let isOver = false;
  const look = async (): Promise<void> => {
    const head = await audit.head();
    if (head.hash === last?.hash) return;
    const [held] = last ? await audit.entries(last.sequence - 1, 1) : [];
    if (isOver) return;
    if (last && held?.hash !== last.hash)
      alarm(`THE AUDIT TRAIL WAS CUT OR WRITTEN ANEW: it held ${headText(last)}, and ends with ${headText(head)} now`);
    if (head.sequence > 0) tell(head);
    last = head.sequence > 0 ? head : undefined;
  };
  const lookNow = (): void => {
    if (pending !== undefined) {
      isAskedAgain = true;
      return;
    }
    pending = look()
      .catch(() => {
        if (!isOver) setTimeout(lookNow, againMs).unref();
      })
      .finally(() => {
        pending = undefined;
        if (isAskedAgain && !isOver) lookNow();
        isAskedAgain = false;
      });
  };
  const end = onAuditChanged(lookNow);
  lookNow();
  return () => {
    isOver = true;
    end();
  };
}

/** To the log, a line each, and to where traces go, a span of no length each, whatever else of them is sampled. */
export const tellHeads = (
  state: Pick<State, 'audit' | 'onAuditChanged'>,
  onJournal: (journal: Journal) => void,
  watch: Partial<AuditHeadPorts> = {},
): (() => void) =>
  followHeads(state, {
    tell: (head) => {
      watch.tell?.(head);
      log('audit.head', `audit trail: head ${headText(head)}`, head);
      const journal = new Journal();
      const attributes = { 'sheaf.audit.sequence': head.sequence, 'sheaf.audit.hash': head.hash };
      journal.end(journal.start('audit', 'head', undefined, attributes, () => true));
      onJournal(journal);
    },
    alarm: (line) => {
      watch.alarm?.(line);
      log('audit.cut', line);
    },
  });
