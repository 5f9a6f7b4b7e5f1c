/** The actions of `sheaf batch`, in the order of their help. */
import type { BatchAction } from './action.ts';
import { cancel } from './actions/cancel.ts';
import { errors } from './actions/errors.ts';
import { exportAction } from './actions/export.ts';
import { generations } from './actions/generations.ts';
import { list } from './actions/list.ts';
import { plan } from './actions/plan.ts';
import { promote } from './actions/promote.ts';
import { resume } from './actions/resume.ts';
import { rollback } from './actions/rollback.ts';
import { run } from './actions/run.ts';
import { watch } from './actions/watch.ts';

export const actions: Readonly<Record<string, BatchAction>> = {
  plan,
  run,
  list,
  watch,
  cancel,
  resume,
  errors,
  export: exportAction,
  generations,
  promote,
  rollback,
};
