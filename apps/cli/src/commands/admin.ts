import { createAdminClient } from '@sheaf/admin';
import { withAdvice } from '../asking/advice.ts';
import { serverHelp, serverOf, serverOptions } from '../asking/server-options.ts';
import { type Command, UsageError } from '../command.ts';
import { keyHelp } from '../keys/key-options.ts';
import { type AdminAction, checkOptions } from './admin/action.ts';
import { audit } from './admin/audit.ts';
import { breaker, breakers } from './admin/breakers.ts';
import { config } from './admin/config.ts';
import { drain } from './admin/drain.ts';
import { keys } from './admin/keys.ts';
import { limits } from './admin/limits.ts';
import { log } from './admin/log.ts';
import { quarantine } from './admin/quarantine.ts';
import { reload } from './admin/reload.ts';

const actions: Readonly<Record<string, AdminAction>> = {
  config,
  limits,
  breakers,
  breaker,
  quarantine,
  audit,
  keys,
  log,
  reload,
  drain,
};

/** A reload takes as long as the transforms of the folder take to be imported. */
const timeoutMs = 60_000;

export const admin: Command = {
  usage: 'admin config|limits|breakers|quarantine|audit|breaker|keys|log|reload|drain',
  summary: 'look at a running gateway, and change it',
  options: {
    ...serverOptions,
    ...Object.assign({}, ...Object.values(actions).map(({ options }) => options)),
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
  log         from which level on each room tells of events; --level debug|info|warn|error sets it (role admin) in every
              process of the mesh, of --room <name>, which may be repeated, or of all; for 15 minutes unless --for 1h is
              given, 24h at most, or until a process starts anew
  reload      take up the pipelines and policies of the folder, all at once
  drain       finish what is in flight, then end
  config, limits, breakers, quarantine, audit and log (to look) want the role observe or admin, the others admin.
keys ${keyHelp.trimStart()}
${serverHelp}
  --json               as JSON`,
  async run([name, ...words], values) {
    const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (name === undefined || !action)
      throw new UsageError(
        name
          ? `there is no "sheaf admin ${name}"; want ${Object.keys(actions).join(', ')}`
          : `usage: sheaf ${admin.usage}`,
      );
    if (action.check) action.check(words, values);
    else if (words.length > 0) throw new UsageError(`sheaf admin ${name}: want options only, got "${words[0]}"`);
    checkOptions(name, actions, values);
    const asked = serverOf(values);
    const { address, metadata, tls } = asked;
    const client = createAdminClient(address, { metadata, tls, timeoutMs });
    try {
      await action.run(client, values, words);
    } catch (error) {
      throw withAdvice(error, asked);
    } finally {
      client.close();
    }
  },
};
