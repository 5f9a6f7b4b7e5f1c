import { randomBytes } from 'node:crypto';
import { createKeyService, type KeyCalls, type KeyService } from '@sheaf/admin';
import { readKeyDaysMax } from '@sheaf/mesh';
import { type Command, UsageError } from '../command.ts';
import { hasPolicies, loginName, withState } from '../folder-state.ts';
import { actOnKeys } from '../keys/key-actions.ts';
import { checkKeyOptions, isKeyAction, keyActions, keyHelp, keyOptions } from '../keys/key-options.ts';

const command = 'sheaf keys';

export const keys: Command = {
  usage: 'keys create|list|rotate|revoke ...',
  summary: 'API keys of a mesh folder, whether the mesh runs or not; a running one heeds them within a second',
  options: { ...keyOptions, json: { type: 'boolean' } },
  help: `  sheaf keys create [folder] --tenant <name>     prints the key, once: only its hash is kept
  sheaf keys list [folder]                       with when each was last used, to the minute
  sheaf keys rotate <id> [folder]
  sheaf keys revoke <id> [folder]
${keyHelp}
  --json                 as JSON
sheaf admin keys does the same through a running gateway, for whoever has no shell on its machine.`,
  async run([action, ...positionals], values) {
    if (!isKeyAction(action))
      throw new UsageError(
        action ? `there is no "sheaf keys ${action}"; want ${keyActions.join(', ')}` : `usage: sheaf ${keys.usage}`,
      );
    checkKeyOptions(command, action, values);
    const hasId = action === 'revoke' || action === 'rotate';
    const [id, folder = '.'] = hasId ? positionals : ['', ...positionals];
    if (id === undefined)
      throw new UsageError(`usage: ${command} ${action} <id> [folder]; ${command} list tells the ids`);
    if (positionals.length > (hasId ? 2 : 1))
      throw new UsageError(`sheaf keys ${action}: want one folder, got ${positionals.join(' ')}`);
    // Whatever is broken in the folder, a key can be looked at and taken back.
    const isMade = action === 'create' || action === 'rotate';
    const daysMax = await readKeyDaysMax(folder).catch((error: unknown) => {
      if (isMade) throw error;
      return undefined;
    });
    await actOnKeys(command, keysOf(folder, daysMax), action, id, values);
    if (action === 'create' && !(await hasPolicies(folder)))
      console.error(`${folder} has no policies.yaml: its gateway asks nobody for a key`);
  },
};

/** The keys in the state of a folder, as whoever is at the shell changes them. */
function keysOf(folder: string, daysMax: number | undefined): KeyCalls {
  const login = { id: loginName() };
  const within = <T>(task: (service: KeyService) => Promise<T>): Promise<T> =>
    withState(folder, (state) =>
      task(createKeyService({ state, random: randomBytes, now: Date.now, keyDaysMax: () => daysMax })),
    );
  return {
    listKeys: (request) => within(({ listKeys }) => listKeys(request, login)),
    createKey: (request) => within(({ createKey }) => createKey(request, login)),
    rotateKey: (request) => within(({ rotateKey }) => rotateKey(request, login)),
    revokeKey: (request) => within(({ revokeKey }) => revokeKey(request, login)),
  };
}
