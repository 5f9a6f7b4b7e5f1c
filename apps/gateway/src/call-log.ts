/** The access log of the public server, as the policies in force want it. */
import { createAccessLog, createLineWriter, type LineWriter } from '@sheaf/host';
import type { AccessLogSpec, PoliciesSpec } from '@sheaf/policies';
import type { CallLog } from '@sheaf/transport';

export interface GatewayCallLog {
  readonly calls: CallLog;
  /** To be called when other policies may be in force. */
  follow(): void;
  close(): Promise<void>;
}

/** Without policies nothing is logged: the server lets everybody of this machine in, and there is nobody to be watched. */
const none: AccessLogSpec = { calls: 'off', file: undefined };
const usual: AccessLogSpec = { calls: 'refused', file: undefined };

export function createCallLog(policies: () => PoliciesSpec | undefined): GatewayCallLog {
  let spec = none;
  let lines: LineWriter | undefined;
  const log = createAccessLog(
    () => spec.calls,
    (line) => lines?.write(line),
  );
  const follow = (): void => {
    const inForce = policies();
    const next = inForce ? (inForce.accessLog ?? usual) : none;
    if (lines && next.file === spec.file) {
      spec = next;
      return;
    }
    log.flush();
    void lines?.close();
    spec = next;
    lines = createLineWriter(next.file);
  };
  follow();
  return {
    calls: log,
    follow,
    close: async () => {
      log.flush();
      await lines?.close();
    },
  };
}
