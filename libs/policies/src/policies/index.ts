import { accessLog } from './access-log.ts';
import { addresses } from './addresses.ts';
import { identity } from './identity.ts';
import { limits } from './limits.ts';
import type { Policy } from './policy.ts';
import { priority } from './priority.ts';
import { routes } from './routes.ts';
import { traces } from './traces.ts';
import { visibility } from './visibility.ts';

/** Every policy, in the order in which a call meets them, which is also that of the reference page. */
export const policies = [
  // The server asks these two before the message is read.
  identity,
  addresses,
  // Before anything is counted, since it says what the call is worth.
  priority,
  // By the name that the caller uses: what a route leads to is the operator's choice.
  visibility,
  // What limits count are the models and pipelines behind the routes.
  routes,
  // Last, so that nothing is charged for what is refused before.
  limits,
  accessLog,
  traces,
] as const;

export const everyPolicy: readonly Policy[] = policies;
