/** W3C Trace Context and Baggage: what of a trace goes from one server to the next, as text. */
import type { TraceParent } from './span.ts';

/** A version, 32 digits, 16 digits and 2 digits, with `-` between. */
const traceparentChars = 55;

/**
 * Reads a W3C `traceparent`, and with it `tracestate`; anything malformed is as good as none. Of a version that is not known yet the fields that are known
 * are read, and those that follow passed over. By hand, since a pattern takes five times as long, of every call in a mesh.
 */
export function parseTraceparent(value: string | undefined, tracestate?: string): TraceParent | undefined {
  if (value === undefined || value.length < traceparentChars) return undefined;
  if (value.length > traceparentChars && (value.startsWith('00') || value[traceparentChars] !== '-')) return undefined;
  if (value[2] !== '-' || value[35] !== '-' || value[52] !== '-') return undefined;
  if (!isHex(value, 0, 2) || value.startsWith('ff')) return undefined;
  if (!isHex(value, 3, 35) || !isHex(value, 36, 52) || !isHex(value, 53, traceparentChars)) return undefined;
  const traceId = value.slice(3, 35);
  const spanId = value.slice(36, 52);
  if (traceId === noTraceId || spanId === noSpanId) return undefined;
  const sampled = (Number.parseInt(value.slice(53, traceparentChars), 16) & 1) === 1;
  const state = tracestate && boundedTracestate(tracestate);
  return state ? { traceId, spanId, sampled, state } : { traceId, spanId, sampled };
}

/** Lower-case digits and nothing else. */
function isHex(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x30 || unit > 0x66 || (unit > 0x39 && unit < 0x61)) return false;
  }
  return true;
}

const noTraceId = '0'.repeat(32);
const noSpanId = '0'.repeat(16);

export const formatTraceparent = (span: TraceParent): string =>
  `00-${span.traceId}-${span.spanId}-${span.sampled ? '01' : '00'}`;

const stateLimits = { members: 32, chars: 512, largeChars: 128 } as const;
const stateMember = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * A `tracestate` as it may be handed on: at most 32 members and 512 characters. Where it is longer, members of more than 128 characters go first, then those at
 * the end, which are the oldest. Undefined where a member is none, comes twice, or there are too many.
 */
export function boundedTracestate(value: string): string | undefined {
  const members = value.split(',', 2 * stateLimits.members + 1).flatMap((member) => member.trim() || []);
  if (members.length > stateLimits.members || !members.every((member) => stateMember.test(member))) return undefined;
  if (new Set(members.map((member) => member.slice(0, member.indexOf('=')))).size < members.length) return undefined;
  const kept = [...members];
  for (let at = kept.length - 1; at >= 0 && charsOf(kept) > stateLimits.chars; at--)
    if ((kept[at]?.length ?? 0) > stateLimits.largeChars) kept.splice(at, 1);
  while (charsOf(kept) > stateLimits.chars) kept.pop();
  return kept.join(',') || undefined;
}

const charsOf = (members: readonly string[]): number =>
  members.reduce((total, { length }) => total + length + 1, members.length > 0 ? -1 : 0);

const baggageLimits = { members: 64, bytes: 8_192 } as const;
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const baggageValue = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const baggageMember = new RegExp(`^(${token})\\s*=\\s*${baggageValue}(\\s*;\\s*${token}(\\s*=\\s*${baggageValue})?)*$`);

/**
 * A `baggage` as it may be handed on: those members whose keys `isWanted` takes, as they are written; at most 64 members and 8,192 bytes, the first of them. A
 * member that is malformed is left out. Undefined where none is left. `baggage` is what a caller says: nobody is to decide by it who calls.
 */
export function boundedBaggage(value: string, isWanted: (key: string) => boolean = () => true): string | undefined {
  const kept: string[] = [];
  let bytes = -1;
  // What comes after twice the limit is not looked at.
  for (const part of value.slice(0, 2 * baggageLimits.bytes).split(',')) {
    const member = part.trim();
    const key = member.length <= baggageLimits.bytes ? baggageMember.exec(member)?.[1] : undefined;
    if (key === undefined || !isWanted(key) || bytes + 1 + member.length > baggageLimits.bytes) continue;
    kept.push(member);
    bytes += 1 + member.length;
    if (kept.length === baggageLimits.members) break;
  }
  return kept.join(',') || undefined;
}
