import { integerOf, textOf, UsageError } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { whyOption, whyOptionHelp } from '../moves.ts';
import { nameOf } from '../typed.ts';

export const prune: RegistryAction = {
  usage: '<name>',
  summary: 'delete old versions, but for what is needed: by aliases, past champions, pipelines, rollouts, children',
  options: { ...whyOption, keep: { type: 'string' }, hourly: { type: 'boolean' }, 'dry-run': { type: 'boolean' } },
  help: `    --keep <n>           the newest so many stay; it has to be said
    --hourly             and the newest of each hour
    --dry-run            say which it would be, and delete nothing
${whyOptionHelp}`,
  words: [1, 1],
  async run({ calls, kind }, [text = ''], values) {
    const name = nameOf(text);
    const keepNewest = integerOf('keep', values['keep'], 0, 1_000_000);
    if (keepNewest === undefined) throw new UsageError('--keep is missing: how many of the newest stay');
    const dryRun = values['dry-run'] === true;
    const keepHourly = values['hourly'] === true;
    const why = textOf(values['why']) ?? '';
    const { deleted } = await calls.prune({ kind, name, keepNewest, keepHourly, dryRun, why });
    if (values['json']) return console.log(JSON.stringify({ deleted }));
    const numbers = deleted.length === 0 ? 'none' : deleted.join(', ');
    console.log(dryRun ? `would be deleted of ${name}: ${numbers}` : `deleted of ${name}: ${numbers}`);
  },
};
