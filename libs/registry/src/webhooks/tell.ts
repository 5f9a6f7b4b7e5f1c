/** Tells webhooks of what changes in a registry, each entry of the record in its order, until it was taken or has failed for too long. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { log } from '@sheaf/inference';
import type { ChainedEntry } from '@sheaf/store';
import type { Registry } from '../registry.ts';
import { type PostPorts, postWebhook } from './post.ts';
import { signWebhook } from './sign.ts';
import { readWebhooks, type Webhook, writeWhole } from './webhooks-file.ts';

export interface TellingPorts extends PostPorts {
  /** The mesh folder. */
  readonly folder: string;
  /** Opens it where it is not open yet: a registry without webhooks need not be. */
  readonly registry: () => Promise<Registry>;
  /** Whose lease it is, of several processes that serve one registry. */
  readonly holder: string;
  /** Default: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 6 h. In milliseconds. */
  readonly retryMs?: readonly number[];
  /** How often webhooks and the record are looked at. Default 1,000, in milliseconds. */
  readonly lookMs?: number;
}

const retryDefault = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600].map((seconds) => seconds * 1_000);
const lease = 'webhooks';
const pageMax = 100;
/** How many times `lookMs` a lease lasts: one that is killed is followed by another process then. */
const leaseLooks = 15;

/** By URL: the last entry that was taken, or given up. */
type Places = Record<string, number>;

interface Waiting {
  readonly sequence: number;
  tries: number;
  notBefore: number;
}

/** Answers what ends it, once the request that is under way is over. */
export function tellWebhooks(ports: TellingPorts): () => Promise<void> {
  const { lookMs = 1_000 } = ports;
  const waiting = new Map<string, Waiting>();
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      await tellOnce(ports, waiting);
    } catch (error) {
      // The file, the store or the disk: another look is a second away.
      log('webhooks.failed', `webhooks cannot be told at the moment (${(error as Error).message})`);
    }
    if (!isOver) timer = setTimeout(lookAgain, lookMs).unref();
  };
  let looking = look();
  const lookAgain = (): void => {
    looking = look();
  };
  return async () => {
    isOver = true;
    clearTimeout(timer);
    await looking;
  };
}

async function tellOnce(ports: TellingPorts, waiting: Map<string, Waiting>): Promise<void> {
  const { folder, holder, lookMs = 1_000 } = ports;
  const webhooks = await readWebhooks(folder);
  if (webhooks.length === 0) return;
  const { store } = await ports.registry();
  const { holder: has } = await store.takeLease(lease, holder, leaseLooks * lookMs);
  if (has !== holder) return;
  const places = await readPlaces(folder);
  const before = JSON.stringify(places);
  for (const webhook of webhooks) {
    const after = Math.max(webhook.after, places[webhook.url] ?? 0);
    places[webhook.url] = await tellOne(ports, webhook, after, waiting);
  }
  if (JSON.stringify(places) !== before) await writeWhole(placeOf(folder), JSON.stringify(places));
}

/** Answers the last entry that it is done with. */
async function tellOne(
  ports: TellingPorts,
  webhook: Webhook,
  after: number,
  waiting: Map<string, Waiting>,
): Promise<number> {
  const { store } = await ports.registry();
  const { retryMs = retryDefault } = ports;
  let done = after;
  for (const entry of await store.audit(after, pageMax)) {
    const held = waiting.get(webhook.url);
    const state = held?.sequence === entry.sequence ? held : { sequence: entry.sequence, tries: 0, notBefore: 0 };
    if (performance.now() < state.notBefore) return done;
    // What is said of a webhook itself is not told to one: it would never end.
    const why = entry.action.startsWith('webhook.') ? undefined : await failed(ports, webhook, entry);
    if (why !== undefined && state.tries < retryMs.length) {
      state.notBefore = performance.now() + (retryMs[state.tries++] ?? 0);
      waiting.set(webhook.url, state);
      return done;
    }
    waiting.delete(webhook.url);
    done = entry.sequence;
    if (why !== undefined) await giveUp(ports, webhook, entry, why);
  }
  return done;
}

/** Undefined when it was taken. */
async function failed(
  ports: TellingPorts,
  { url, secret, isPrivate }: Webhook,
  entry: ChainedEntry,
): Promise<string | undefined> {
  const body = bodyOf(entry);
  const id = `msg_${entry.sequence}_${entry.hash.slice(0, 16)}`;
  const headers = signWebhook(secret, id, Math.floor(Date.now() / 1_000), body);
  try {
    await postWebhook({ url, body, isPrivate, headers: { ...headers } }, ports);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const bodyOf = ({ action, subject, at, actor, sequence, detail }: ChainedEntry): string =>
  JSON.stringify({
    type: action,
    timestamp: new Date(at).toISOString(),
    data: { subject, by: actor, sequence, detail: JSON.parse(detail || 'null') as unknown },
  });

async function giveUp(ports: TellingPorts, { url }: Webhook, { sequence }: ChainedEntry, why: string): Promise<void> {
  const { host } = new URL(url);
  log('webhooks.given-up', `the webhook at ${host} was not told of entry ${sequence} of the registry: ${why}`);
  const { store } = await ports.registry();
  const detail = JSON.stringify({ sequence, why });
  await store.note({ actor: 'registry', action: 'webhook.given-up', subject: host, detail });
}

const placeOf = (folder: string): string => join(folder, '.sheaf', 'registry', 'webhooks-told.json');

async function readPlaces(folder: string): Promise<Places> {
  const text = await readFile(placeOf(folder), 'utf8').catch(() => '{}');
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null && Object.values(read).every(Number.isSafeInteger))
      return read as Places;
  } catch {
    // It is damaged, as one of another form is.
  }
  log('webhooks.forgotten', 'webhooks-told.json is damaged: webhooks are told again of what they may have been told');
  return {};
}
