import { type AdminClient, createAdminClient } from '@sheaf/admin';
import { printable, table } from '@sheaf/terminal';
import { withAdvice } from '../asking/advice.ts';
import { serverHelp, serverOf, serverOptions } from '../asking/server-options.ts';
import { type Command, type OptionValues, UsageError } from '../command.ts';
import { actOnKeys } from '../keys/key-actions.ts';
import { checkKeyOptions, isKeyAction, keyActions, keyHelp, keyOptions } from '../keys/key-options.ts';
import { auditOptions, showAudit } from './admin/audit.ts';
import { breakerOptions, breakerTable, forceOf } from './admin/breakers.ts';
import { type Configuration, configurationText } from './admin/configuration-text.ts';

const quarantineOptions = { clear: { type: 'string' } } as const;

/** To read a folder again takes as long as its transforms take to be imported. */
const timeoutMs = 60_000;

export const admin: Command = {
  usage: 'admin config|limits|breakers|quarantine|audit|breaker|keys|reload|drain',
  summary: 'look at a running gateway, and change it',
  options: {
    ...serverOptions,
    ...auditOptions,
    ...breakerOptions,
    ...quarantineOptions,
    ...keyOptions,
    json: { type: 'boolean' },
  },
  help: `  config      what is in force, without secrets
  limits      how the buckets stand that were used lately
  breakers    what stands between the gateway and its services: what calls have used, and what is forced
  quarantine  requests that ended a process, and callers who did so again and again: refused for a time, or run
              alone; --clear <digest>, or --clear all, lets them go (role admin), of the gateway that is asked
  audit       who changed what, and whether the record is whole (exit code 1 when not); the newest unless
              --after <entry> is given; --limit <n> of them, 1000 unless given, which is the most
              --verify: reads all of it, works the chain out again, and lists nothing. A cut at its end is
              found by heads only, which gateways write to their log: --head <entry>:<hash>, or --head <hash>,
              may be repeated; --heads <file> takes all that stand in a log
  breaker     --force open|closed|auto, of --model <name>[/<version>], --service <name>, --endpoint <host:port>:
              at least one of them, all that are given have to fit; auto gives it back to itself. It counts for
              the gateway that is asked, until that ends: where a mesh has several, ask each
  keys        list, create, rotate <id>, revoke <id>: API keys, as sheaf keys has them in the folder itself
  reload      take up the pipelines and policies of the folder, all at once
  drain       finish what is in flight, then end
  config, limits, breakers, quarantine and audit want the role observe or admin, the others admin.
keys ${keyHelp.trimStart()}
${serverHelp}
  --json               as JSON`,
  async run([action, ...others], values) {
    const act = action !== undefined && Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!act)
      throw new UsageError(
        action
          ? `there is no "sheaf admin ${action}"; want ${Object.keys(actions).join(', ')}`
          : `usage: sheaf ${admin.usage}`,
      );
    if (action === 'keys') checkKeys(others, values);
    else if (others.length > 0) throw new UsageError(`sheaf admin ${action}: want options only, got "${others[0]}"`);
    checkOptions(action ?? '', 'audit', auditOptions, values);
    checkOptions(action ?? '', 'breaker', breakerOptions, values);
    checkOptions(action ?? '', 'quarantine', quarantineOptions, values);
    checkOptions(action ?? '', 'keys', keyOptions, values);
    const asked = serverOf(values);
    const { address, metadata, tls } = asked;
    const client = createAdminClient(address, { metadata, tls, timeoutMs });
    try {
      await act(client, values, others);
    } catch (error) {
      throw withAdvice(error, asked);
    } finally {
      client.close();
    }
  },
};

function checkOptions(action: string, owner: string, options: object, values: OptionValues): void {
  const names = Object.keys(options);
  if (action === owner || names.every((name) => values[name] === undefined)) return;
  const all = names.map((name) => `--${name}`);
  const said = all.length === 1 ? `${all[0]} is` : `${all.slice(0, -1).join(', ')} and ${all.at(-1)} are`;
  throw new UsageError(`${said} for sheaf admin ${owner}`);
}

const keysCommand = 'sheaf admin keys';

/** What is wrong is told before anybody is asked. */
function checkKeys([action, id, ...more]: readonly string[], values: OptionValues): void {
  if (!isKeyAction(action))
    throw new UsageError(
      action
        ? `there is no "${keysCommand} ${action}"; want ${keyActions.join(', ')}`
        : `usage: ${keysCommand} ${keyActions.join('|')}`,
    );
  checkKeyOptions(keysCommand, action, values);
  const hasId = action === 'rotate' || action === 'revoke';
  if (hasId && !id) throw new UsageError(`usage: ${keysCommand} ${action} <id>; ${keysCommand} list tells the ids`);
  const [first] = hasId ? more : [id, ...more];
  if (first !== undefined)
    throw new UsageError(`${keysCommand} ${action}: want ${hasId ? 'one id' : 'options only'}, got "${first}"`);
}

type Act = (client: AdminClient, values: OptionValues, others: readonly string[]) => Promise<void>;

const actions: Readonly<Record<string, Act>> = {
  config: async (client, { json }) => {
    const { json: text } = await client.getConfiguration({});
    console.log(json ? text : configurationText(JSON.parse(text) as Configuration));
  },
  limits: async (client, { json }) => {
    const { limits } = await client.getLimits({});
    if (json) return console.log(JSON.stringify(limits));
    if (limits.length === 0) return console.log('no limits');
    const rows = limits.flatMap(({ name, policy, buckets }) =>
      buckets.length === 0
        ? [[name, policy, '(not used lately)', '', '']]
        : buckets.map(({ whose, remaining, resetMs }) => [
            name,
            policy,
            owner(whose),
            count(remaining),
            duration(resetMs),
          ]),
    );
    console.log(table([['limit', 'policy', 'whose', 'remaining', 'full again in'], ...rows]));
  },
  breakers: async (client, { json }) => {
    const { breakers } = await client.listBreakers({});
    console.log(json ? JSON.stringify(breakers) : breakerTable(breakers));
  },
  breaker: async (client, values) => {
    const { breakers } = await client.forceBreakers(forceOf(values));
    console.log(values['json'] ? JSON.stringify(breakers) : breakerTable(breakers));
  },
  quarantine: async (client, { json, clear }) => {
    if (clear !== undefined) {
      const { cleared } = await client.clearQuarantine({ digest: clear === 'all' ? '' : digestOf(clear) });
      return console.log(json ? JSON.stringify({ cleared }) : `${cleared} let go`);
    }
    const { requests, offenders } = await client.listQuarantine({});
    if (json) return console.log(JSON.stringify([...requests, ...offenders]));
    if (requests.length + offenders.length === 0) return console.log('nothing is in quarantine');
    const rows = requests.map(({ model, version, digest, refused, untilMs }) => [
      ...[version ? `${model}/${version}` : model, digest].map(printable),
      refused ? 'refused' : 'runs alone',
      new Date(untilMs).toISOString(),
    ]);
    const callers = offenders.map(({ service, caller, ends, slowedUntilMs, untilMs }) => [
      ...[`service ${service}`, caller].map(printable),
      slowedUntilMs === 0
        ? `runs alone (${ends} ends)`
        : `refused until ${new Date(slowedUntilMs).toISOString()} (${ends} ends)`,
      new Date(untilMs).toISOString(),
    ]);
    console.log(table([['model', 'digest', 'next time', 'until'], ...rows, ...callers]));
  },
  audit: (client, values) => showAudit(client, values),
  keys: (client, values, [action, id = '']) =>
    actOnKeys(keysCommand, client, isKeyAction(action) ? action : 'list', id, values),
  reload: async (client, { json }) => {
    const { epoch, changed, out } = await client.reload({});
    if (json) return console.log(JSON.stringify({ epoch, changed, out }));
    console.log(
      `epoch ${epoch}: ${changed.length > 0 ? `other ${changed.join(' and ')} than before` : 'what was there before'}`,
    );
    for (const line of out) console.log(line);
  },
  drain: async (client, { json }) => {
    await client.drain({});
    console.log(json ? '{}' : 'the gateway drains');
  },
};

function digestOf(text: OptionValues[string]): string {
  if (typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)) return text;
  throw new UsageError(`--clear: want a digest of 64 hex digits or all, got "${text}"`);
}

const owner = (whose: Readonly<Record<string, string>>): string =>
  Object.entries(whose)
    // The id of an API key begins with what it is.
    .map(([dimension, value]) => printable(`${dimension} ${dimension === 'key' ? value.replace(/^key:/, '') : value}`))
    .join(', ') || 'everybody';

const count = (value: number): string => String(Math.round(value * 100) / 100);

function duration(ms: number): string {
  if (ms <= 0) return '';
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
