import { type Check, finding } from '../finding.ts';

/** Editors and other tools share them. */
const fewWatches = 8_192;

export const watches: Check = ({ machine }) =>
  machine.inotifyWatchesMax !== undefined && machine.inotifyWatchesMax < fewWatches
    ? [
        finding(
          'note',
          `the system tells of changes in ${machine.inotifyWatchesMax} folders at most: with --watch the folder may be looked at every 2 s only`,
          'sysctl fs.inotify.max_user_watches=524288',
        ),
      ]
    : [];
