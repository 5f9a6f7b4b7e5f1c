import type { ParseArgsOptionsConfig } from 'node:util';
import type { Work } from '@sheaf/jobs';
import type { AskedServer } from '../asking/server-options.ts';
import type { OptionValues } from '../command.ts';

/** Where batches are: the work of a mesh folder. */
export interface BatchPlace {
  readonly work: Work;
  readonly folder: string;
  /** The gateway whose latency is shown beside a batch. */
  readonly asked: AskedServer;
}

/** One action of `sheaf batch`: a file in `actions/`, and a line in `actions.ts`. */
export interface BatchAction {
  /** What stands behind the action, such as `<batch>`. */
  readonly usage: string;
  readonly summary: string;
  /** Beside `--folder`, `--json` and those that say which gateway. One that several actions have is the same in each. */
  readonly options?: ParseArgsOptionsConfig;
  /** Lines of the help for these options, indented by four. */
  readonly help?: string;
  /** The fewest and the most words behind it. */
  readonly words: readonly [number, number];
  run(place: BatchPlace, words: readonly string[], values: OptionValues): Promise<void>;
}
