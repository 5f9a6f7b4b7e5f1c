/** The options that say which server a command asks, by what credential, over which TLS. */
import { readFileSync } from 'node:fs';
import { checkTls, type RemoteTls } from '@sheaf/transport';
import { type OptionValues, textOf, UsageError } from '../command.ts';

const addressDefault = '127.0.0.1:8001';
const keyVariable = 'SHEAF_API_KEY';
const keyFileVariable = 'SHEAF_API_KEY_FILE';

export const serverOptions = {
  address: { type: 'string' },
  key: { type: 'string' },
  'key-file': { type: 'string' },
  header: { type: 'string', multiple: true },
  tls: { type: 'boolean' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  'cert-key': { type: 'string' },
} as const;

export const serverHelp = `  --address <target>   ${addressDefault} unless given
  --key <API key>      where the server wants one; better in ${keyVariable}, where other users of the machine do not see it
  --key-file <file>    the same in a file, as secrets are mounted; or ${keyFileVariable} names it
  --header k=v         gRPC metadata of the call, such as x-channel=phone; may be repeated
  --tls                where the server speaks TLS
  --ca <file>          with --tls: who vouches for the server, in PEM; the authorities that Node trusts unless given
  --cert, --cert-key   with --tls: a certificate of ours and its key, files in PEM`;

/** Who is asked, and with what. */
export interface AskedServer {
  readonly address: string;
  /** Sent with each call; keys in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tls: RemoteTls | undefined;
}

export function serverOf(values: OptionValues, env: NodeJS.ProcessEnv = process.env): AskedServer {
  const key = keyOf(values, env);
  const given = pairs('header', values['header']).map(([name, text]) => [name.toLowerCase(), text] as const);
  return {
    address: textOf(values['address']) ?? addressDefault,
    metadata: { ...(key === undefined ? {} : { 'x-api-key': key }), ...Object.fromEntries(given) },
    tls: tlsOf(values),
  };
}

/** `<name>=<value>`, as often as it was given. */
export function pairs(option: string, given: OptionValues[string]): [string, string][] {
  return ((given ?? []) as string[]).map((text) => {
    const at = text.indexOf('=');
    if (at < 1 || !/^[\w.-]+$/.test(text.slice(0, at)))
      throw new UsageError(`--${option}: want <name>=<value>, got "${text}"`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}

/** Finds the API key that was given. Text that is no key is not shown: it may be a part of one. */
function keyOf(values: OptionValues, env: NodeJS.ProcessEnv): string | undefined {
  const given = [
    ['--key', textOf(values['key']), false],
    ['--key-file', textOf(values['key-file']), true],
  ] as const;
  const known = [
    [keyVariable, env[keyVariable]?.trim() || undefined, false],
    [keyFileVariable, env[keyFileVariable] || undefined, true],
  ] as const;
  // Options count before the environment.
  for (const sources of [given, known]) {
    const [first, second] = sources.filter(([, value]) => value !== undefined);
    if (first && second) throw new UsageError(`want one of ${first[0]} and ${second[0]}, got both`);
    if (!first) continue;
    const [source, value = '', isFile] = first;
    const text = isFile ? textIn(source, value) : value;
    if (/^sheaf_[\w-]+$/.test(text)) return text;
    throw new UsageError(
      isFile
        ? `${source}: ${value} holds no API key, sheaf_..., in one line`
        : `${source}: want an API key, sheaf_...; the key of a certificate goes to --cert-key`,
    );
  }
  return undefined;
}

function textIn(source: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`${source}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The files are tried here: a mistake in them is one of the command, not of the mesh. */
function tlsOf(values: OptionValues): RemoteTls | undefined {
  const [ca, certificate, key] = [textOf(values['ca']), textOf(values['cert']), textOf(values['cert-key'])];
  if (values['tls'] !== true) {
    if (ca ?? certificate ?? key) throw new UsageError('--ca, --cert and --cert-key want --tls with them');
    return undefined;
  }
  if ((certificate === undefined) !== (key === undefined)) throw new UsageError('--cert and --cert-key go together');
  checkTls({ ca, certificate, key });
  return { ca, certificate, key };
}
