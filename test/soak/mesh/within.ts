import type { LedgerRow } from './ledger.ts';

/** Nothing, or a sentence about a number that is not within its bounds. */
export function within(what: string, value: number, least: number, most = least): string[] {
  if (value >= least && value <= most) return [];
  return [`${what}: want ${least === most ? least : `${least} to ${most}`}, got ${value}`];
}

type Matches = Partial<Pick<LedgerRow, 'tenant' | 'model' | 'version' | 'method' | 'code'>>;

/** Rows that have all of this. */
export const rowsWith = (rows: readonly LedgerRow[], matches: Matches): readonly LedgerRow[] =>
  rows.filter((row) => Object.entries(matches).every(([key, wanted]) => row[key as keyof Matches] === wanted));

export const callsOf = (rows: readonly LedgerRow[]): number => rows.reduce((total, { calls }) => total + calls, 0);
