import { type Check, finding } from '../finding.ts';

/** Opened so often within this time, it is neither well nor ill for long: callers see both in turn. */
const [timesMin, withinMs] = [3, 600_000];

export const breakersFlapping: Check = ({ gateway, now }) =>
  (gateway?.breakers ?? []).flatMap(({ service, endpoint, model, openedMs }) => {
    const times = openedMs.filter((at) => now - at <= withinMs).length;
    if (times < timesMin) return [];
    const seen = `the breaker of ${model} at ${endpoint} (${service}) flaps: it opened ${times} times in the last ${withinMs / 60_000} minutes`;
    return [
      finding('warning', seen, 'sheaf admin log --level debug --room outbound; the log tells what its calls end with'),
    ];
  });
