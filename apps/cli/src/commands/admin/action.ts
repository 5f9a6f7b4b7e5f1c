import type { ParseArgsOptionsConfig } from 'node:util';
import type { AdminClient } from '@sheaf/admin';
import { type OptionValues, UsageError } from '../../command.ts';

/** One action of `sheaf admin <action>`. */
export interface AdminAction {
  /** Those that are of this action alone. Default: none. */
  readonly options?: ParseArgsOptionsConfig;
  /** Whether it may be asked with these words behind it is told before anybody is asked. Default: there are to be none. */
  readonly check?: (words: readonly string[], values: OptionValues) => void;
  run(client: AdminClient, values: OptionValues, words: readonly string[]): Promise<void>;
}

/** Throws UsageError for options that are of another action than the one that is asked. */
export function checkOptions(
  asked: string,
  actions: Readonly<Record<string, AdminAction>>,
  values: OptionValues,
): void {
  for (const [name, { options = {} }] of Object.entries(actions)) {
    const own = Object.keys(options);
    if (name === asked || own.every((option) => values[option] === undefined)) continue;
    const all = own.map((option) => `--${option}`);
    const said = all.length === 1 ? `${all[0]} is` : `${all.slice(0, -1).join(', ')} and ${all.at(-1)} are`;
    throw new UsageError(`${said} for sheaf admin ${name}`);
  }
}
