import { allMoves, championBefore, moveAlias } from '@sheaf/registry';
import { integerOf, textOf, UsageError } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { tellInForce, waitHelp, waitOptions } from '../in-force.ts';
import { moveLine, moveOptions, moveOptionsHelp } from '../moves.ts';
import { aliasOf, nameOf } from '../typed.ts';

export const rollback: RegistryAction = {
  usage: '<name>',
  summary: 'move champion back to the version that it stood on before',
  options: { ...moveOptions, ...waitOptions, alias: { type: 'string' }, to: { type: 'string' } },
  help: `    --to <version>       to this one, and not to the one before
    --alias <alias>      move this alias back, and not champion
${moveOptionsHelp}
${waitHelp}`,
  words: [1, 1],
  async run(place, [text = ''], values) {
    const { calls, kind } = place;
    const name = nameOf(text);
    const alias = values['alias'] === undefined ? 'champion' : aliasOf(textOf(values['alias']) ?? '');
    const said = integerOf('to', values['to'], 1, Number.MAX_SAFE_INTEGER);
    const to = said ?? championBefore(await allMoves(calls, { kind, name, alias }));
    if (to === undefined)
      throw new UsageError(
        `${name}: ${alias} stood on no version before; sheaf ${kind}s promote <name>/<version> moves it to any`,
      );
    const reasons = moveLine.reasonsOf(values);
    const why = reasons.why || 'rollback';
    const moved = await moveAlias(calls, { kind, name, alias, to: String(to), ...reasons, why });
    console.log(values['json'] ? JSON.stringify(moved) : moveLine.text(moved));
    await tellInForce(place, moved, values);
  },
};
