/** Writes a line of JSON for each call of a server. */
import { networkOf } from '@sheaf/inference';
import type { CallLog, EndedCall } from '@sheaf/transport';

/** Calls of which lines are written. */
export type LoggedCalls = 'all' | 'refused' | 'off';

/** Refusals of one kind get so many lines in a window; the others are counted. */
export const linesPerKind = 10;
/** Refusals of all kinds together get so many lines in a window. */
export const linesMax = 200;
/** So many kinds are told of by a line each that were left out of in a window; the others together by one. */
export const leftOutLinesMax = 50;
const windowMs = 1_000;
/** Kinds that are told apart within a window; beyond that those of a reason count together, whoever was refused. */
export const kindsMax = 256;

/** How many lines of refusals for one reason and one caller there were in this window. */
interface Kind {
  readonly call: EndedCall;
  readonly isOfMany: boolean;
  lines: number;
  leftOut: number;
}

export interface AccessLog extends CallLog {
  /** Tells at once of the refusals that had no line so far. */
  flush(): void;
}

/**
 * Tells `write` of each call, of refused ones, or of none. A flood of refusals is told of by ten lines a second for each reason and caller (its principal, or
 * else its address, IPv6 by /64), at most 200 for all of them, and by how many more there were.
 */
export function createAccessLog(calls: () => LoggedCalls, write: (line: string) => void): AccessLog {
  const kinds = new Map<string, Kind>();
  let timer: NodeJS.Timeout | undefined;
  let lines = 0;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const leftOut = [...kinds.values()]
      .filter((kind) => kind.leftOut > 0)
      .sort((one, other) => other.leftOut - one.leftOut);
    for (const kind of leftOut.slice(0, leftOutLinesMax)) write(leftOutLine(kind));
    const others = leftOut.slice(leftOutLinesMax).reduce((calls, kind) => calls + kind.leftOut, 0);
    if (others > 0) write(leftOutText({ calls: others }));
    kinds.clear();
    lines = 0;
  };
  const kindOf = (call: EndedCall): Kind => {
    const { code, reason, principal, address } = call;
    const own = `${code} ${reason} ${principal?.id ?? networkOf(address)}`;
    const isOfMany = kinds.size >= kindsMax && !kinds.has(own);
    const key = isOfMany ? `${code} ${reason}` : own;
    const kind = kinds.get(key) ?? { call, isOfMany, lines: 0, leftOut: 0 };
    kinds.set(key, kind);
    return kind;
  };
  return {
    wants: (code) => isWanted(calls(), code),
    add(call) {
      if (call.code === 'OK' || call.code === 'CANCELLED') return write(lineOf(call));
      const kind = kindOf(call);
      if (kind.lines < linesPerKind && lines < linesMax) {
        kind.lines++;
        lines++;
        write(lineOf(call));
      } else kind.leftOut++;
      timer ??= setTimeout(flush, windowMs).unref();
    },
    flush,
  };
}

/** A caller that leaves has not been refused. */
function isWanted(calls: LoggedCalls, code: string): boolean {
  switch (calls) {
    case 'all':
      return true;
    case 'refused':
      return code !== 'OK' && code !== 'CANCELLED';
    case 'off':
      return false;
  }
}

/** What callers choose is cut: a path may be as long as all headers. */
const textCharsMax = 256;
const cut = (text: string): string | undefined =>
  text === '' ? undefined : text.slice(0, textCharsMax).toWellFormed();

/** What is not known is left out. */
function lineOf({
  method,
  address,
  principal,
  model,
  version,
  code,
  reason,
  bytesIn,
  bytesOut,
  ms,
  traceId,
}: EndedCall) {
  return JSON.stringify({
    time: new Date().toISOString(),
    event: 'call',
    address: cut(address),
    principal: principal?.id,
    tenant: principal?.tenant,
    method: cut(method),
    model: cut(model),
    version: cut(version),
    code,
    reason: cut(reason),
    bytesIn,
    bytesOut,
    ms: Math.round(ms * 1000) / 1000,
    trace: cut(traceId),
  });
}

function leftOutLine({ call: { code, reason, principal, address }, isOfMany, leftOut }: Kind): string {
  const who = isOfMany
    ? {}
    : principal
      ? { principal: principal.id, tenant: principal.tenant }
      : { address: cut(address) };
  return leftOutText({ ...who, code, reason: cut(reason), calls: leftOut });
}

const leftOutText = (told: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ time: new Date().toISOString(), event: 'calls left out', ...told });
