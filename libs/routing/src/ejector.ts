import { type EndpointRecord, ejectionMs, ejectionRules, median, outliers, slownessOf, usualOf } from './ejection.ts';

/** How one call on an endpoint ended. */
export interface ObservedCall {
  readonly isGood: boolean;
  /** Calls of one kind take about as long as one another: of one model version and about as many rows. */
  readonly kind: string;
  readonly tookMs: number;
}

/** `in`: like the others. `out`: left out. `probe`: one call may find out whether it is well again. */
export type Standing = 'in' | 'out' | 'probe';

/** Latencies kept of an interval, of each of so many kinds. */
const samplesMax = 256;
const kindsMax = 64;
/** Fewer say nothing. */
const samplesMin = 20;

interface Member {
  successes: number;
  failures: number;
  latencies: Map<string, number[]>;
  /** How often it was ejected; goes down by one with each interval that it is in. */
  count: number;
  /** Undefined: it is in. */
  ejectedAt: number | undefined;
  isProbing: boolean;
}

/** The endpoints of one service and how they stand. It needs no timer: an interval ends when somebody asks after it. */
export class Ejector<E extends { readonly isReady: boolean }> {
  readonly #now: () => number;
  readonly #onEject: (endpoint: E) => void;
  readonly #members = new Map<E, Member>();
  #intervalAt: number;
  /** By kind of call, of those that were in during the last interval. */
  #usualMs: ReadonlyMap<string, number> = new Map();

  /** `now` in milliseconds on a monotonic clock. `onEject` is told of each endpoint that is left out, also again. */
  constructor(now: () => number, onEject: (endpoint: E) => void = () => {}) {
    this.#now = now;
    this.#onEject = onEject;
    this.#intervalAt = now();
  }

  /** How each of `endpoints` stands now; what is not among them is forgotten. */
  standings(endpoints: readonly E[]): ReadonlyMap<E, Standing> {
    const now = this.#now();
    if (now - this.#intervalAt >= ejectionRules.intervalMs) {
      for (const known of this.#members.keys()) if (!endpoints.includes(known)) this.#members.delete(known);
      this.#endInterval(endpoints, now);
      this.#intervalAt = now;
    }
    return new Map(endpoints.map((endpoint) => [endpoint, this.#standing(this.#members.get(endpoint), now)]));
  }

  /** Whether it is left out, or a call finds out at the moment whether it is well again. */
  isOut(endpoint: E): boolean {
    return this.#members.get(endpoint)?.ejectedAt !== undefined;
  }

  /** The one call that finds out whether it is well again begins; whoever asks for it says how it ended, or that it says nothing. */
  probe(endpoint: E): void {
    this.#getOrCreate(endpoint).isProbing = true;
  }

  /** `call` undefined: it says nothing of the endpoint. */
  record(endpoint: E, call: ObservedCall | undefined, wasProbe: boolean): void {
    const member = this.#getOrCreate(endpoint);
    if (wasProbe) this.#endProbe(endpoint, member, call);
    if (!call || member.ejectedAt !== undefined) return;
    if (!call.isGood) member.failures++;
    else {
      member.successes++;
      keep(member, call);
    }
  }

  #getOrCreate(endpoint: E): Member {
    const known = this.#members.get(endpoint);
    if (known) return known;
    const member: Member = {
      successes: 0,
      failures: 0,
      latencies: new Map(),
      count: 0,
      ejectedAt: undefined,
      isProbing: false,
    };
    this.#members.set(endpoint, member);
    return member;
  }

  #standing(member: Member | undefined, now: number): Standing {
    if (member?.ejectedAt === undefined) return 'in';
    return !member.isProbing && now - member.ejectedAt >= ejectionMs(member.count) ? 'probe' : 'out';
  }

  #endProbe(endpoint: E, member: Member, call: ObservedCall | undefined): void {
    member.isProbing = false;
    if (member.ejectedAt === undefined || !call) return;
    const isWell = call.isGood && slownessOf(call.tookMs, this.#usualMs.get(call.kind)) <= ejectionRules.slownessFactor;
    if (isWell) member.ejectedAt = undefined;
    else this.#eject(endpoint, member);
  }

  #eject(endpoint: E, member: Member): void {
    member.ejectedAt = this.#now();
    member.count++;
    this.#onEject(endpoint);
  }

  #endInterval(endpoints: readonly E[], now: number): void {
    const numbered = new Map(endpoints.map((endpoint, index) => [String(index), endpoint]));
    const records = new Map(
      [...numbered].map(([key, endpoint]) => [key, recordOf(endpoint, this.#getOrCreate(endpoint))]),
    );
    const inUse = [...records.values()].filter(({ isEjected }) => !isEjected);
    const bad = new Set(outliers(records).map((key) => numbered.get(key)));
    this.#usualMs = usualOf(inUse.map(({ mediansMs }) => mediansMs));
    for (const endpoint of endpoints) {
      const member = this.#getOrCreate(endpoint);
      if (bad.has(endpoint)) this.#eject(endpoint, member);
      else if (member.ejectedAt === undefined) {
        // Nobody may have asked for several intervals.
        member.count = Math.max(0, member.count - Math.floor((now - this.#intervalAt) / ejectionRules.intervalMs));
      }
      member.successes = 0;
      member.failures = 0;
      member.latencies = new Map();
    }
  }
}

function keep({ latencies, successes }: Member, { kind, tookMs }: ObservedCall): void {
  const samples = latencies.get(kind) ?? [];
  // Every later one takes the place of an earlier one, so that the whole interval is heard.
  if (samples.length < samplesMax) samples.push(tookMs);
  else samples[successes % samplesMax] = tookMs;
  if (latencies.size < kindsMax) latencies.set(kind, samples);
}

function recordOf({ isReady }: { readonly isReady: boolean }, member: Member): EndpointRecord {
  const enough = [...member.latencies].filter(([, samples]) => samples.length >= samplesMin);
  return {
    successes: member.successes,
    failures: member.failures,
    mediansMs: new Map(enough.map(([kind, samples]) => [kind, median(samples)])),
    isReady,
    isEjected: member.ejectedAt !== undefined,
  };
}
