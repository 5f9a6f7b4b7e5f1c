/** What callers sent, and how each call ended as far as its caller knows. */

/** How a call ended. */
export interface Ending {
  /** A code of gRPC; `LEFT` where its caller did not wait for one, `LOST` where the connection ended first. */
  readonly code: string;
  /** Who decided so, as `x-mesh-decision` has it; '' where nobody had to. */
  readonly decision: string;
  /** Of the messages. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What metrics should count a call as. */
export interface Counted {
  /** '' where nobody can tell who called. */
  readonly tenant: string;
  /** '' where the message cannot be read, or is not; `_OTHER` for a name that is not there. */
  readonly model: string;
  readonly version: string;
  /** Package, service and method. */
  readonly method: string;
  /** Of the inputs. */
  readonly rows: number;
  /** Whether its message is read before it is refused. */
  readonly isRead: boolean;
}

/** Calls that are alike in all that is counted. */
export interface LedgerRow extends Counted {
  readonly code: string;
  readonly decision: string;
  calls: number;
  /** Of all of them. */
  bytesIn: number;
  bytesOut: number;
}

export interface Ledger {
  add(counted: Counted, ending: Ending): void;
  readonly rows: Iterable<LedgerRow>;
}

export function createLedger(): Ledger {
  const rows = new Map<string, LedgerRow>();
  return {
    add: (counted, { code, decision, bytesIn, bytesOut }) => {
      const key = JSON.stringify([counted, code, decision]);
      const row = rows.get(key) ?? { ...counted, code, decision, calls: 0, bytesIn: 0, bytesOut: 0 };
      rows.set(key, row);
      row.calls++;
      if (counted.isRead) row.bytesIn += bytesIn;
      row.bytesOut += bytesOut;
    },
    rows: { [Symbol.iterator]: () => rows.values() },
  };
}
