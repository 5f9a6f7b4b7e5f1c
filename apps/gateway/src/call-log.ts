/** The access log of the public server, as the policies in force want it. */
import { createAccessLog, createLineWriter, fileTarget, type LineWriter, logOutput } from '@sheaf/host';
import { log } from '@sheaf/inference';
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
  const calls = createAccessLog(
    () => spec.calls,
    (line) => lines?.write(line),
  );
  // Standard output is the log's too, and goes on.
  const closeOwn = async (): Promise<void> => {
    if (spec.file !== undefined) await lines?.close();
  };
  const follow = (): void => {
    const inForce = policies();
    const next = inForce ? (inForce.accessLog ?? usual) : none;
    if (lines && next.file === spec.file) {
      spec = next;
      return;
    }
    calls.flush();
    void closeOwn();
    spec = next;
    lines = next.file === undefined ? logOutput() : createFileLog(next.file);
  };
  follow();
  return {
    calls,
    follow,
    close: async () => {
      calls.flush();
      await closeOwn();
    },
  };
}

/** Lines for a file; that it cannot be written is an event of the log, and that it can again. */
function createFileLog(file: string): LineWriter {
  const name = `the access log ${file}`;
  return createLineWriter({
    target: fileTarget(file),
    lostLine: (lines) => JSON.stringify({ time: new Date().toISOString(), event: 'lines lost', lines }),
    onState: (code) => {
      if (code === undefined) log('access-log.back', `${name}: is written again`, { file });
      else log('access-log.failed', `${name}: cannot be written (${code}); calls go on`, { file, code });
    },
  });
}
