/** What `sheaf jobs` can do, in the order in which its help tells it. */
import type { JobsAction } from './action.ts';
import { cancel, remove, retry } from './actions/change.ts';
import { get } from './actions/get.ts';
import { list } from './actions/list.ts';
import { submit } from './actions/submit.ts';
import { watch } from './actions/watch.ts';

export const actions: Readonly<Record<string, JobsAction>> = {
  submit,
  get,
  list,
  watch,
  cancel,
  retry,
  delete: remove,
};
