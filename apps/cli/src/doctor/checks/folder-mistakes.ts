import { type Check, finding } from '../finding.ts';

/** What is served tells of its own; a folder that could not be started again is worth knowing before it has to be. */
export const folderMistakes: Check = ({ mistakes, folder }) =>
  mistakes.length === 0
    ? []
    : [
        finding(
          'error',
          `the folder has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}: ${mistakes[0]}`,
          `sheaf check ${folder}`,
        ),
      ];
