import type { JobsAction } from '../action.ts';
import { printJob } from '../print.ts';

export const get: JobsAction = {
  usage: '<job>',
  summary: 'how a job stands, or its result',
  words: [1, 1],
  run: async (calls, [id = ''], values) => printJob(await calls.get({ id }), values),
};
