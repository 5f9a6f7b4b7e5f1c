/** The access log of a server, as the policies in force want it. */
import { log } from '@sheaf/inference';
import type { CallLog } from '@sheaf/transport';
import { createAccessLog, type LoggedCalls } from './access-log.ts';
import { fileTarget } from './log/line-target.ts';
import { createLineWriter, type LineWriter } from './log/line-writer.ts';
import { logOutput } from './log/process-log.ts';

/** What policies say of it. */
export interface CallLogSpec {
  readonly calls: LoggedCalls;
  /** Absolute; undefined: standard output. */
  readonly file: string | undefined;
}

export interface ServerCallLog {
  readonly calls: CallLog;
  /** To be called when other policies may be in force. */
  follow(): void;
  close(): Promise<void>;
}

/** Without policies nothing is logged: the server lets everybody of this machine in, and there is nobody to be watched. */
const none: CallLogSpec = { calls: 'off', file: undefined };
const usual: CallLogSpec = { calls: 'refused', file: undefined };

export function createCallLog(
  policies: () => { readonly accessLog?: CallLogSpec | undefined } | undefined,
): ServerCallLog {
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
