import type { JobsAction } from '../action.ts';
import { jobText } from '../print.ts';

const words = [1, 1] as const;

export const cancel: JobsAction = {
  usage: '<job>',
  summary: 'ends one that waits or runs; with the role admin, also of others',
  words,
  run: async (calls, [id = ''], { json }) => {
    const job = await calls.cancel({ id });
    console.log(json ? JSON.stringify(job) : jobText(job));
  },
};

export const retry: JobsAction = {
  usage: '<job>',
  summary: 'queues one that failed, expired or was cancelled once more',
  words,
  run: async (calls, [id = ''], { json }) => {
    const job = await calls.retry({ id });
    console.log(json ? JSON.stringify(job) : jobText(job));
  },
};

export const remove: JobsAction = {
  usage: '<job>',
  summary: 'forgets one that has ended, with its result',
  words,
  run: async (calls, [id = ''], { json }) => {
    await calls.delete({ id });
    console.log(json ? JSON.stringify({ id }) : `${id} is deleted`);
  },
};
