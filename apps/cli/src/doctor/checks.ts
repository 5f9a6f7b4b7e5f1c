/** The checks, each a function in a file of its own. To add one: its file, and its line here. */
import { accessLog } from './checks/access-log.ts';
import { auditBroken } from './checks/audit-broken.ts';
import { breakersFlapping } from './checks/breakers-flapping.ts';
import { breakersOpen } from './checks/breakers-open.ts';
import { certificatesEnding } from './checks/certificates-ending.ts';
import { clocks } from './checks/clocks.ts';
import { disks } from './checks/disks.ts';
import { endpointsNotReady } from './checks/endpoints-not-ready.ts';
import { exposed } from './checks/exposed.ts';
import { folderMistakes } from './checks/folder-mistakes.ts';
import { keysEnding } from './checks/keys-ending.ts';
import { keysUnused } from './checks/keys-unused.ts';
import { limitsUsedUp } from './checks/limits-used-up.ts';
import { memory } from './checks/memory.ts';
import { memoryLimits } from './checks/memory-limits.ts';
import { musl } from './checks/musl.ts';
import { openFiles } from './checks/open-files.ts';
import { partsOut } from './checks/parts-out.ts';
import { peers } from './checks/peers.ts';
import { portTaken } from './checks/port-taken.ts';
import { processesDown } from './checks/processes-down.ts';
import { proxies } from './checks/proxies.ts';
import { quantized } from './checks/quantized.ts';
import { quarantined } from './checks/quarantined.ts';
import { registryAway } from './checks/registry-away.ts';
import { reloadFailed } from './checks/reload-failed.ts';
import { reloadPending } from './checks/reload-pending.ts';
import { silentGateway } from './checks/silent-gateway.ts';
import { threads } from './checks/threads.ts';
import { unbatched } from './checks/unbatched.ts';
import { versions } from './checks/versions.ts';
import { watches } from './checks/watches.ts';
import type { Check } from './finding.ts';

export const checks: Readonly<Record<string, Check>> = {
  accessLog,
  auditBroken,
  breakersFlapping,
  breakersOpen,
  certificatesEnding,
  clocks,
  disks,
  endpointsNotReady,
  exposed,
  folderMistakes,
  keysEnding,
  keysUnused,
  limitsUsedUp,
  memoryLimits,
  memory,
  musl,
  openFiles,
  partsOut,
  peers,
  portTaken,
  processesDown,
  proxies,
  quantized,
  quarantined,
  registryAway,
  reloadFailed,
  reloadPending,
  silentGateway,
  threads,
  unbatched,
  versions,
  watches,
};
