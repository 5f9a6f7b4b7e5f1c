import { integerOf, textOf } from '../../command.ts';
import type { JobsAction } from '../action.ts';
import { jobsText } from '../print.ts';

export const list: JobsAction = {
  usage: '',
  summary: 'jobs, the newest first',
  options: {
    state: { type: 'string', multiple: true },
    kind: { type: 'string', multiple: true },
    of: { type: 'string' },
    tenant: { type: 'string' },
    limit: { type: 'string' },
  },
  help: `    --state <state>      queued, running, succeeded, failed, cancelled or expired; may be repeated
    --kind <kind>        infer unless given; of batches cut, chunk and finish
    --of <name>          of one pipeline or model
    --tenant <tenant>    with the role observe: of one tenant
    --limit <n>          100 unless given, at most 1000`,
  words: [0, 0],
  run: async (calls, _words, values) => {
    const { jobs, before } = await calls.list({
      states: (values['state'] ?? []) as string[],
      kinds: (values['kind'] ?? []) as string[],
      subject: textOf(values['of']) ?? '',
      tenant: textOf(values['tenant']) ?? '',
      limit: integerOf('limit', values['limit'], 1, 1_000) ?? 0,
    });
    if (values['json']) return console.log(JSON.stringify(jobs));
    console.log(jobs.length === 0 ? 'no jobs' : jobsText(jobs));
    if (before !== '') console.log('there are older ones; --limit tells more');
  },
};
