/** On whose behalf a call is made, from one process of a mesh to the next. */
import {
  type CallContext,
  type Principal,
  type Priority,
  priorities,
  type TrustedCaller,
  trustedCaller,
} from '@sheaf/inference';
import { malformed } from '../wire/reader.ts';

export interface Caller {
  readonly principal: Principal | TrustedCaller;
  readonly priority?: Priority;
  /** Where its connection comes from: known at the server that it came in by, and not handed on. */
  readonly address?: string;
}

/** Principals written and read; a gateway has few of them, and each makes many calls. */
const rememberedMax = 1_024;

const texts = new WeakMap<Principal, string>();
const principals = new Map<string, Principal>();

/** As an Open frame has it: a trusted caller is ''. */
export function writtenCaller({ principal, priority }: CallContext): { principal: string; priority: number } {
  return { principal: written(principal), priority: priority ? priorities.indexOf(priority) + 1 : 0 };
}

function written(principal: Principal | TrustedCaller): string {
  if (principal === trustedCaller) return '';
  const text = texts.get(principal) ?? JSON.stringify(principal);
  texts.set(principal, text);
  return text;
}

/** Frames come from a gateway of the same mesh, which has checked what it writes; throws on what is no principal at all. */
export function readCaller({ principal: text, priority }: { principal: string; priority: number }): Caller {
  const named = priorities[priority - 1];
  return { principal: text === '' ? trustedCaller : read(text), ...(named ? { priority: named } : {}) };
}

function read(text: string): Principal {
  const known = principals.get(text);
  if (known) return known;
  const principal = parse(text);
  if (principals.size >= rememberedMax) principals.clear();
  principals.set(text, principal);
  return principal;
}

function parse(text: string): Principal {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'tenant' in value) return value as Principal;
  } catch {
    // Refused below, as what parses and is no principal is.
  }
  throw malformed('an open with a principal that is none');
}
