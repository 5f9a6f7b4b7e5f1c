import { fenced, fieldsTable, kindsTable, optional, section } from '@sheaf/document';
import { followRoutes } from '../routes.ts';
import { conditionVariants, routes as reader, routeVariants } from '../routes-language.ts';
import type { RouteSpec } from '../spec.ts';
import type { Policy } from './policy.ts';

interface Spec {
  readonly routes: readonly RouteSpec[];
}

const sticky = `
routes:
  read:
    split: { read-page: 95, read-page-next/3: 5 }
    sticky: { metadata: x-user }
    fallback: read-page/1`;

const fields = { routes: optional(reader, 'Names that callers use, and where their calls go.') };

export const routes: Policy<Spec, typeof fields> = {
  fields,
  read: ({ routes: read = [] }) => ({ routes: read }),
  reference: [
    section(
      'routes',
      'By the name that callers use: one of its own, or that of a model or pipeline. A call that names a version is not routed. A target is a model or pipeline, `name`, or `name/version` with a version or an alias; never another route. A route is exactly one of:',
      ...Object.entries(routeVariants.kinds).flatMap(([kind, fields]) => [`### ${kind}`, fieldsTable(fields)]),
      '### Both of them',
      fieldsTable(routeVariants.shared),
      'A split is exact in the long run: of 100 calls, 90 go to a weight of 90. With `sticky`, callers of whom nothing is known there go in turn. A limit or a rule that refuses is no reason for the fallback.',
      '### when',
      kindsTable(conditionVariants.kinds),
      fieldsTable(conditionVariants.shared),
      'Claims have to be among the `claims` of their issuer; numbers and booleans are compared as text (`is: "true"`).',
      fenced(sticky),
    ),
  ],
  examples: { sticky },
  layer: (_, { routes: compiled, isReady }) => followRoutes(compiled, isReady),
};
