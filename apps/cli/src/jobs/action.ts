import type { ParseArgsOptionsConfig } from 'node:util';
import type { JobsCalls } from '@sheaf/transport';
import type { OptionValues } from '../command.ts';

/** One action of `sheaf jobs`: a file in `actions/`, and a line in `actions.ts`. */
export interface JobsAction {
  /** What stands behind the action, such as `<job>`. */
  readonly usage: string;
  readonly summary: string;
  /** Beside those that say which server is asked, and `--json`. Default: none. */
  readonly options?: ParseArgsOptionsConfig;
  /** Lines of the help for these options, indented by four. */
  readonly help?: string;
  /** The fewest and the most words behind it. */
  readonly words: readonly [number, number];
  run(calls: JobsCalls, words: readonly string[], values: OptionValues): Promise<void>;
}
