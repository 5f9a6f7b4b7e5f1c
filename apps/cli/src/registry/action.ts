import type { ParseArgsOptionsConfig } from 'node:util';
import type { RegistryCalls } from '@sheaf/transport';
import { type OptionValues, UsageError } from '../command.ts';

/** What an action is about. */
export type EntryKind = 'model' | 'pipeline';

/** The registry that an action works on. */
export interface RegistryPlace {
  /** Of `sheaf models` or of `sheaf pipelines`. */
  readonly kind: EntryKind;
  readonly calls: RegistryCalls;
  /** The mesh folder where the registry is that of a folder, and `--folder` where it is asked through a server. */
  readonly folder: string;
  /** How the registry is called in sentences, such as `my-mesh` or `127.0.0.1:8001`. */
  readonly title: string;
}

/** One action of `sheaf models` and `sheaf pipelines`: a file in `actions/`, and a line in `actions.ts`. */
export interface RegistryAction {
  /** What stands behind the action, such as `<name>[/<version>] <folder>`. */
  readonly usage: string;
  readonly summary: string;
  /** Beside those that say which registry, and `--json`. Default: none. One that several actions have is the same in each. */
  readonly options?: ParseArgsOptionsConfig;
  /** Lines of the help for these options, indented by four. */
  readonly help?: string;
  /** The fewest and the most words behind it. */
  readonly words: readonly [number, number];
  /** Which of both commands have it. Default: both. */
  readonly kinds?: readonly EntryKind[];
  run(place: RegistryPlace, words: readonly string[], values: OptionValues): Promise<void>;
}

/** Throws UsageError for words and options that the action does not take. */
export function checkTyped(
  command: string,
  { usage, options = {}, words: [least, most] }: Pick<RegistryAction, 'usage' | 'options' | 'words'>,
  words: readonly string[],
  values: OptionValues,
  shared: readonly string[],
): void {
  if (words.length < least || words.length > most) throw new UsageError(`usage: ${command}${usage && ` ${usage}`}`);
  const wrong = Object.keys(values).find((name) => !shared.includes(name) && !Object.hasOwn(options, name));
  if (wrong !== undefined) throw new UsageError(`${command} takes no --${wrong}`);
}
