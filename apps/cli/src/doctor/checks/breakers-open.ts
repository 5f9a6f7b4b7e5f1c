import { type Check, finding } from '../finding.ts';

export const breakersOpen: Check = ({ gateway }) =>
  (gateway?.breakers ?? []).flatMap(({ service, endpoint, model, state, calls, failures, shutOut }) => {
    const which = `the breaker of ${model} at ${endpoint} (${service})`;
    if (state === 'forced-open')
      return [
        finding(
          'error',
          `${which} is forced open: no call passes`,
          `sheaf admin breaker --force auto --model ${model}`,
        ),
      ];
    if (state === 'open' || state === 'half-open')
      return [
        finding(
          'error',
          `${which} is ${state}`,
          `sheaf admin log --level debug --room outbound; the log tells what its calls end with`,
        ),
      ];
    if (state === 'forced-closed')
      return [
        finding(
          'note',
          `${which} is forced closed: it protects nobody`,
          `sheaf admin breaker --force auto --model ${model}`,
        ),
      ];
    if (shutOut.length > 0)
      return [
        finding(
          'warning',
          `${which} lets no calls of ${shutOut.join(', ')} through`,
          'look at what these callers send',
        ),
      ];
    // It is about to open: 3 of 10 calls of the last 10 seconds.
    return failures >= 3 && failures * 10 >= calls * 3
      ? [
          finding(
            'warning',
            `${which}: ${failures} of ${calls} calls failed in the last 10 s`,
            'sheaf admin log --level debug --room outbound',
          ),
        ]
      : [];
  });
