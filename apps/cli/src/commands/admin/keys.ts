import { type OptionValues, UsageError } from '../../command.ts';
import { actOnKeys } from '../../keys/key-actions.ts';
import { checkKeyOptions, isKeyAction, keyActions, keyOptions } from '../../keys/key-options.ts';
import type { AdminAction } from './action.ts';

const command = 'sheaf admin keys';

export const keys: AdminAction = {
  options: keyOptions,
  check: checkKeys,
  run: (client, values, [action, id = '']) =>
    actOnKeys(command, client, isKeyAction(action) ? action : 'list', id, values),
};

function checkKeys([action, id, ...more]: readonly string[], values: OptionValues): void {
  if (!isKeyAction(action))
    throw new UsageError(
      action
        ? `there is no "${command} ${action}"; want ${keyActions.join(', ')}`
        : `usage: ${command} ${keyActions.join('|')}`,
    );
  checkKeyOptions(command, action, values);
  const hasId = action === 'rotate' || action === 'revoke';
  if (hasId && !id) throw new UsageError(`usage: ${command} ${action} <id>; ${command} list tells the ids`);
  const [first] = hasId ? more : [id, ...more];
  if (first !== undefined)
    throw new UsageError(`${command} ${action}: want ${hasId ? 'one id' : 'options only'}, got "${first}"`);
}
