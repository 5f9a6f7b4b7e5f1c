import { type Check, finding } from '../finding.ts';

export const processesDown: Check = ({ processes }) =>
  processes
    .filter(({ isReady }) => !isReady)
    .map(({ name, failure }) =>
      finding(
        'error',
        `${name} does not run${failure === undefined ? ', or has not come up again' : `: ${failure}`}`,
        'look at the log of sheaf up for what it ended with; sheaf check loads and runs every model',
      ),
    );
