/** What the actions that move aliases have in common. */
import type { AliasMessage } from '@sheaf/transport';
import { type OptionValues, textOf } from '../command.ts';

export const whyOption = { why: { type: 'string' } } as const;
export const whyOptionHelp = '    --why <text>         for the record';

export const moveOptions = { ...whyOption, evidence: { type: 'string' }, force: { type: 'boolean' } } as const;
export const moveOptionsHelp = `${whyOptionHelp}
    --evidence <text>    what speaks for it, such as the address of a report; for the record
    --force              also where callers of the version before could not use it: its inputs or outputs are others`;

export const moveLine = {
  reasonsOf: ({ why, evidence, force }: OptionValues) => ({
    why: textOf(why) ?? '',
    evidence: textOf(evidence) ?? '',
    force: force === true,
  }),
  text: ({ name, alias, version }: AliasMessage): string =>
    version === 0 ? `${alias} of ${name} is taken away` : `${alias} of ${name} is version ${version}`,
};
