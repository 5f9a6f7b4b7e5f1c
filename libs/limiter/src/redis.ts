/** Limits in Redis, exact across all gateways that share it; in this process alone, and then said so, while Redis is gone. */
import { randomUUID } from 'node:crypto';
import { checkTakes, differenceOf } from './check-takes.ts';
import type { Limiter, Receipt, Standing, Take, Verdict } from './limiter.ts';
import { LocalReceipt, LocalShare, type Owed } from './local-share.ts';
import type { RedisConnection } from './redis-connection.ts';
import { settleScript, takeScript } from './redis-scripts.ts';
import type { SharedBackend, SharedLimiterOptions } from './shared-backend.ts';
import { closed, refusal } from './verdicts.ts';

const defaultPrefix = 'sheaf';
/** How long the start waits for Redis. */
const startMsMax = 2000;
/** Buckets of one script that tells what is owed, and those that are kept where it could not be told. */
const owedAtOnce = 256;
const owedMax = 10_000;

/** Ready when Redis has answered, or has not for two seconds: a gateway starts without it as it runs without it. */
export async function createRedisLimiter(options: SharedLimiterOptions): Promise<Limiter> {
  const { url, budgetMs = 50, onReachable, prefix = defaultPrefix } = options;
  // Nobody else has to load the client, which is more modules than all the rest of a gateway's.
  const { RedisConnection } = await import('./redis-connection.ts');
  const ready = Promise.withResolvers<void>();
  const connection = new RedisConnection({
    url: typeof url === 'string' ? () => url : url,
    budgetMs,
    probeKey: `{${prefix}}:probe`,
    onReachable: (reachable, code) => {
      if (reachable) {
        ready.resolve();
        void limiter?.catchUp();
      }
      onReachable?.(reachable, code);
    },
  });
  const limiter = new RedisLimiter(options, connection);
  const timer = setTimeout(() => {
    connection.giveUpStart();
    ready.resolve();
  }, startMsMax);
  await ready.promise;
  clearTimeout(timer);
  return limiter;
}

/** Whether it is a `redis://` URL, or a `rediss://` one for TLS. */
function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(text);
  return (
    (protocol === 'redis:' || protocol === 'rediss:') &&
    hostname !== '' &&
    // The number of a database.
    /^(\/\d*)?$/.test(pathname) &&
    [username, password].every((part) => /^([^%]|%[\da-f]{2})*$/i.test(part))
  );
}

export const redis: SharedBackend = {
  title: 'Redis',
  variable: 'REDIS_URL',
  expected: 'redis://... or rediss://...',
  isUrl: isRedisUrl,
  open: createRedisLimiter,
};

class RedisReceipt implements Receipt {
  readonly takes: readonly Take[];
  /** Names the call in the sets of calls at the same time. */
  readonly lease: string;
  /** By the clock of Redis, as it was answered: says which day was charged. */
  readonly takenAt: string;
  /** The same calls at the same time, as they are counted here. */
  held: Receipt | undefined;
  settled = false;

  constructor(takes: readonly Take[], lease: string, takenAt: string) {
    this.takes = takes;
    this.lease = lease;
    this.takenAt = takenAt;
  }
}

class RedisLimiter implements Limiter {
  readonly #options: SharedLimiterOptions;
  readonly #connection: RedisConnection;
  readonly #local: LocalShare;
  readonly #process = randomUUID();
  /** What Redis could not be told when it was back. */
  #owed: readonly Owed[] = [];
  #calls = 0;
  #open = true;

  constructor(options: SharedLimiterOptions, connection: RedisConnection) {
    this.#options = options;
    this.#connection = connection;
    this.#local = new LocalShare(options.fallback, options.share, options.now ?? (() => performance.now()));
  }

  take(takes: readonly Take[], holdMs: number): Verdict | Promise<Verdict> {
    checkTakes(takes, holdMs);
    if (!this.#open) return closed(0, takes.map(unknown));
    return this.#connection.reachable ? this.#takeThere(takes, holdMs) : this.#takeHere(takes, holdMs);
  }

  async #takeThere(takes: readonly Take[], holdMs: number): Promise<Verdict> {
    const lease = `${this.#process}:${this.#calls++}`;
    try {
      const answer = await this.#connection.run(
        takeScript,
        this.#keys(takes),
        [this.#now(), 'take', String(holdMs), lease, ...takes.flatMap(argumentsOf)],
        // The caller was told something else by now: what it was granted too late is given back.
        (late) => this.#giveBack(readAnswer(takes, lease, late)),
      );
      const verdict = readAnswer(takes, lease, answer);
      if (this.#options.whenGone === 'share') this.#note(takes, verdict, holdMs);
      return verdict;
    } catch {
      return this.#takeHere(takes, holdMs);
    }
  }

  #takeHere(takes: readonly Take[], holdMs: number): Verdict | Promise<Verdict> {
    if (this.#options.whenGone === 'closed') return closed(0, takes.map(unknown));
    return this.#local.take(takes, holdMs);
  }

  /** Should Redis go away, it goes on here from there. */
  #note(takes: readonly Take[], verdict: Verdict, holdMs: number): void {
    this.#local.know(takes, verdict.standings);
    if (verdict.taken && verdict.receipt instanceof RedisReceipt)
      verdict.receipt.held = this.#local.hold(takes, holdMs);
  }

  /** Tells Redis, which is back, what was taken here meanwhile. */
  async catchUp(): Promise<void> {
    const { owed, running } = await this.#local.end();
    for (const receipt of running) this.#hold(receipt);
    const all = [...this.#owed, ...owed];
    this.#owed = [];
    for (let from = 0; from < all.length; from += owedAtOnce) this.#charge(all.slice(from, from + owedAtOnce));
  }

  #charge(owed: readonly Owed[]): void {
    const due = owed.filter(({ amount }) => amount !== 0);
    if (due.length === 0) return;
    const rest = due.flatMap(({ take, amount }, index) => [take.kind, String(amount), perOf(take), String(index + 1)]);
    const keys = this.#keys(due.map(({ take }) => take));
    const now = this.#now();
    this.#connection.run(settleScript, keys, [now, now || String(Date.now()), '', ...rest]).catch(() => {
      this.#owed = [...this.#owed, ...due].slice(-owedMax);
    });
  }

  /** A call that was let in here is one of the calls at the same time there. */
  #hold(receipt: LocalReceipt): void {
    const takes = receipt.takes.filter(({ kind }) => kind === 'concurrent');
    const holdMs = receipt.holdsUntil - this.#local.now;
    if (takes.length === 0 || holdMs <= 0) return;
    receipt.lease = `${this.#process}:${this.#calls++}`;
    const rest = takes.flatMap((take) => argumentsOf({ ...take, max: Number.MAX_SAFE_INTEGER } as Take));
    const args = [this.#now(), 'take', String(holdMs), receipt.lease, ...rest];
    this.#connection.run(takeScript, this.#keys(takes), args).catch(() => {});
  }

  /** The calls of the receipt have ended that Redis was told of late. */
  #letGo({ takes, lease }: LocalReceipt): void {
    const held = takes.filter(({ kind }) => kind === 'concurrent');
    if (lease === undefined || held.length === 0 || !this.#connection.writable) return;
    const rest = held.flatMap((take, index) => [take.kind, '0', '', String(index + 1)]);
    this.#connection.run(settleScript, this.#keys(held), [this.#now(), '0', lease, ...rest]).catch(() => {});
  }

  settle(receipt: Receipt, costs: readonly number[] = []): void {
    if (receipt instanceof LocalReceipt) {
      this.#charge(this.#local.settle(receipt, costs));
      this.#letGo(receipt);
      return;
    }
    if (!(receipt instanceof RedisReceipt) || receipt.settled) return;
    receipt.settled = true;
    if (receipt.held) this.#options.fallback.settle(receipt.held);
    const changed = receipt.takes.flatMap((take, index) => {
      const difference = differenceOf(take, costs[index]);
      return take.kind === 'concurrent' || difference !== 0 ? [{ take, difference, index }] : [];
    });
    // Without Redis the leases run out by themselves, and the difference is lost. A paused one reads it when it wakes.
    if (changed.length === 0 || !this.#connection.writable) return;
    const keys = this.#keys(changed.map(({ take }) => take));
    const rest = changed.flatMap(({ take, difference, index }) => [
      take.kind,
      String(difference),
      perOf(take),
      String(index + 1),
    ]);
    this.#connection.run(settleScript, keys, [this.#now(), receipt.takenAt, receipt.lease, ...rest]).catch(() => {});
  }

  #giveBack(verdict: Verdict): void {
    if (verdict.taken)
      this.settle(
        verdict.receipt,
        verdict.receipt.takes.map(() => 0),
      );
  }

  async standings(takes: readonly Take[]): Promise<readonly Standing[]> {
    checkTakes(takes, 0);
    if (this.#open && this.#connection.reachable) {
      const args = [this.#now(), 'look', '0', '', ...takes.flatMap(argumentsOf)];
      try {
        return readAnswer(takes, '', await this.#connection.run(takeScript, this.#keys(takes), args)).standings;
      } catch {
        // As if it had been unreachable before.
      }
    }
    return this.#options.whenGone === 'closed' ? takes.map(unknown) : this.#local.standings(takes);
  }

  #keys(takes: readonly Take[]): string[] {
    // One hash tag for all: a call takes of its tenant's, its model's and its pipeline's buckets at once, so that they cannot live on several nodes.
    const { prefix = defaultPrefix } = this.#options;
    return takes.map((take) => `{${prefix}}:${take.kind === 'quota' ? take.window : take.kind}:${take.key}`);
  }

  #now(): string {
    return this.#options.now ? String(this.#options.now()) : '';
  }

  async close(): Promise<void> {
    this.#open = false;
    await Promise.all([this.#connection.close(), this.#options.fallback.close()]);
  }
}

const unknown = (): Standing => ({ remaining: 0, resetMs: 0 });

const perOf = (take: Take): string => {
  switch (take.kind) {
    case 'rate':
      return String(take.perSecond);
    case 'quota':
      return take.window;
    case 'concurrent':
      return '';
  }
};

const argumentsOf = (take: Take): string[] => [
  take.kind,
  String(take.kind === 'concurrent' ? 1 : take.cost),
  String(take.kind === 'rate' ? take.burst : take.max),
  perOf(take),
];

/** See redis-scripts.ts. */
function readAnswer(takes: readonly Take[], lease: string, answer: string): Verdict {
  const [takenAt = '', ...words] = answer.split(' ');
  const numbers = words.map(Number);
  const at = (index: number): number => numbers[index] ?? Number.NaN;
  const waits = takes.map((_, index) => (at(index * 3) === -2 ? Number.POSITIVE_INFINITY : at(index * 3)));
  const standings = takes.map((_, index) => ({ remaining: at(index * 3 + 1), resetMs: at(index * 3 + 2) }));
  return waits.every((wait) => wait === -1)
    ? { taken: true, receipt: new RedisReceipt(takes, lease, takenAt), standings }
    : refusal(waits, standings);
}
