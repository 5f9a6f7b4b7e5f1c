/** The actions of `sheaf models` and `sheaf pipelines`, in the order of their help. */
import type { RegistryAction } from './action.ts';
import { alias } from './actions/alias.ts';
import { audit } from './actions/audit.ts';
import { canary, shadow } from './actions/canary.ts';
import { deleteVersion } from './actions/delete.ts';
import { diff } from './actions/diff.ts';
import { download } from './actions/download.ts';
import { exportLayout } from './actions/export.ts';
import { freeze, thaw } from './actions/freeze.ts';
import { history } from './actions/history.ts';
import { importAll } from './actions/import.ts';
import { importLayout } from './actions/import-layout.ts';
import { keygen } from './actions/keygen.ts';
import { list } from './actions/list.ts';
import { promote } from './actions/promote.ts';
import { prune } from './actions/prune.ts';
import { pull } from './actions/pull.ts';
import { push } from './actions/push.ts';
import { quarantine, release } from './actions/quarantine.ts';
import { rollback } from './actions/rollback.ts';
import { abort, hold, promoteNow, resume, rollout } from './actions/rollout.ts';
import { show } from './actions/show.ts';
import { sign } from './actions/sign.ts';
import { tryOne } from './actions/try.ts';
import { verify } from './actions/verify.ts';
import { webhook } from './actions/webhook.ts';

export const actions: Readonly<Record<string, RegistryAction>> = {
  push,
  try: tryOne,
  import: importAll,
  pull,
  'import-layout': importLayout,
  list,
  show,
  download,
  export: exportLayout,
  keygen,
  sign,
  verify,
  history,
  diff,
  promote,
  rollback,
  canary,
  shadow,
  rollout,
  hold,
  resume,
  abort,
  'promote-now': promoteNow,
  alias,
  freeze,
  thaw,
  quarantine,
  release,
  delete: deleteVersion,
  prune,
  audit,
  webhook,
};
