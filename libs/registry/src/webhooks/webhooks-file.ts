/** The webhooks of a registry, as `sheaf models webhook` writes them. Whoever may write this file says which addresses are told; nobody else does. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { invalid, quoted } from '../refusals.ts';

export interface Webhook {
  readonly url: string;
  /** `whsec_` and 32 bytes in base64, as Standard Webhooks has it. */
  readonly secret: string;
  /** Whether it may lead to an address that is not public: of this machine, or of a network behind it. */
  readonly isPrivate: boolean;
  /** The last entry of the record that it need not be told of. */
  readonly after: number;
}

const webhooksMax = 32;
const urlCharsMax = 2_048;

const placeOf = (folder: string): string => join(folder, '.sheaf', 'registry', 'webhooks.json');

/** Those of the registry in a mesh folder; none where there is no file. */
export async function readWebhooks(folder: string): Promise<readonly Webhook[]> {
  const text = await readFile(placeOf(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(text) as readonly Webhook[];
}

/** Throws INVALID_ARGUMENT for what is no URL of HTTP, RESOURCE_EXHAUSTED for one too many. Answers it with its secret. */
export async function addWebhook(folder: string, { url, isPrivate, after }: Omit<Webhook, 'secret'>): Promise<Webhook> {
  checkUrl(url, isPrivate);
  const all = await readWebhooks(folder);
  if (all.some((one) => one.url === url)) throw invalid('url', `want one that is not told already, got ${quoted(url)}`);
  if (all.length >= webhooksMax)
    throw new InferError('RESOURCE_EXHAUSTED', `webhooks: want at most ${webhooksMax}`, {
      reason: 'WEBHOOKS_TOO_MANY',
    });
  const added = { url, isPrivate, after, secret: `whsec_${randomBytes(32).toString('base64')}` };
  await writeWebhooks(folder, [...all, added]);
  return added;
}

/** Answers whether it was there. */
export async function removeWebhook(folder: string, url: string): Promise<boolean> {
  const all = await readWebhooks(folder);
  const left = all.filter((one) => one.url !== url);
  if (left.length < all.length) await writeWebhooks(folder, left);
  return left.length < all.length;
}

async function writeWebhooks(folder: string, webhooks: readonly Webhook[]): Promise<void> {
  await writeWhole(placeOf(folder), JSON.stringify(webhooks, undefined, 2));
}

/** To a file beside it first, for the eyes of its owner: secrets are in it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${randomBytes(6).toString('hex')}.part`;
  {
    await using handle = await open(beside, 'wx', 0o600);
    await handle.writeFile(`${text}\n`);
    await handle.sync();
  }
  await rename(beside, file);
}

function checkUrl(url: string, isPrivate: boolean): void {
  const parsed = url.length <= urlCharsMax ? URL.parse(url) : null;
  const wanted = isPrivate ? ['https:', 'http:'] : ['https:'];
  if (!parsed || !wanted.includes(parsed.protocol))
    throw invalid('url', `want an address of ${isPrivate ? 'http or https' : 'https'}, got ${quoted(url)}`);
  if (parsed.username || parsed.password) throw invalid('url', 'want an address without a user and a password in it');
}
