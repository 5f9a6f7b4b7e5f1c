import { cancelRows } from './cancels.ts';
import { clockRows } from './clocks.ts';
import { failureRows } from './failures.ts';
import { floodRows } from './flood-rows.ts';
import { killRows } from './kills.ts';
import { networkRows } from './network.ts';
import { overloadRows } from './overload.ts';
import { restartRows } from './restarts.ts';
import type { FaultRow } from './row.ts';
import { versionRows } from './versions.ts';

/** The fault table, a family after the other. */
export const faultRows: readonly FaultRow[] = [
  ...killRows,
  ...failureRows,
  ...overloadRows,
  ...networkRows,
  ...clockRows,
  ...versionRows,
  ...restartRows,
  ...cancelRows,
  ...floodRows,
];
