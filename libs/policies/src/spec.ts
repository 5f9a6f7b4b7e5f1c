import type { AddressRange, Role } from '@sheaf/inference';
import type { QuotaWindow } from '@sheaf/limiter';
import type { Expression } from '@sheaf/rules';

/** Whose bucket a limit counts in. Several together: each combination has its own. */
export const dimensions = ['tenant', 'key', 'model', 'address'] as const;
export type Dimension = (typeof dimensions)[number];

/** What a limit allows. */
export type Allowance =
  | { readonly kind: 'rate'; readonly perSecond: number; readonly burst: number }
  | { readonly kind: 'concurrent'; readonly max: number }
  | { readonly kind: 'quota'; readonly max: number; readonly window: QuotaWindow };

export interface LimitSpec {
  readonly name: string;
  readonly allows: Allowance;
  readonly per: readonly Dimension[];
  /** Patterns; it is about calls of these tenants for these models and pipelines. */
  readonly tenants: readonly string[];
  readonly models: readonly string[];
  /** What one model call of the plan costs, summed over the plan. Undefined: the whole call counts as one. */
  readonly cost: Expression | undefined;
  /** After the call it is charged at most this share more or less than before. */
  readonly settle: number;
}

/** A model or pipeline, and its version, which may be an alias; '' is the champion, or else the newest. */
export interface RouteTarget {
  readonly model: string;
  readonly version: string;
}

/** Where something of a caller is read from. */
export type CallerValue =
  | { readonly kind: 'metadata'; readonly key: string }
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'tenant' | 'key' };

export interface RouteCondition {
  readonly value: CallerValue;
  readonly is: readonly string[];
  readonly to: RouteTarget;
}

export interface RouteSpec {
  /** What callers ask for: a name of its own, or one of a model or pipeline, whose calls without a version it then takes. */
  readonly name: string;
  /** In order; the first that holds decides. */
  readonly when: readonly RouteCondition[];
  /** Shares of the calls that no condition is about, by weight. */
  readonly split: readonly { readonly to: RouteTarget; readonly weight: number }[];
  /** Callers with the same value go the same way. Undefined: each call by itself. */
  readonly sticky: CallerValue | undefined;
  /** Asked when what was chosen is not ready or cannot be reached. */
  readonly fallback: RouteTarget | undefined;
}

export interface LimiterSpec {
  /** Without Redis each of several gateways counts its part of every limit. */
  readonly share: boolean;
  /** What holds while Redis cannot be asked: each gateway counts its part, or every limited call is refused. */
  readonly whenGone: 'share' | 'closed';
}

/** Methods that anybody may call, whatever they show. */
export type OpenMethods = 'health' | 'reflection';

/** Where callers may come from. */
export interface AddressRules {
  /** Undefined: from everywhere. */
  readonly allow: readonly AddressRange[] | undefined;
  readonly deny: readonly AddressRange[];
  readonly roles: Readonly<Partial<Record<Role, readonly AddressRange[]>>>;
  /** By the id of an API key. */
  readonly keys: Readonly<Record<string, readonly AddressRange[]>>;
}

/** Calls of which a line is written: all, those that did not end well, or none. */
export const accessLogCalls = ['all', 'refused', 'off'] as const;

export interface AccessLogSpec {
  readonly calls: (typeof accessLogCalls)[number];
  /** Undefined: the standard output of the gateway. */
  readonly file: string | undefined;
}
