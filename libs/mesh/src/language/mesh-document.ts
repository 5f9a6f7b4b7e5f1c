/** mesh.yaml: how a folder is served. Read by these definitions, from which its JSON Schema and its reference page are made. */
import {
  boolean,
  documentSchema,
  integer,
  type JsonSchema,
  optional,
  type ValueOf,
  withDefault,
} from '@sheaf/document';
import type { Resilience } from '../mesh.ts';
import { aliases } from './aliases.ts';
import { cache } from './cache.ts';
import { defaultsOf, settings } from './common.ts';
import { gateway } from './gateway.ts';
import { jobs } from './jobs.ts';
import { limits } from './limits.ts';
import { pushes, trials } from './pushes.ts';
import { registry } from './registry.ts';
import { meshSecret } from './secrets.ts';
import { services } from './services.ts';
import { shadows } from './shadows.ts';
import { signing } from './signing.ts';
import { meshTls } from './tls.ts';

export const resilienceFields = {
  breaker: withDefault(
    boolean,
    true,
    'A model version or endpoint that fails for the most part is not asked for a while.',
  ),
  retry: withDefault(boolean, true, 'What may be asked twice is asked again when a call fails, within a budget.'),
  ejection: withDefault(boolean, true, 'An endpoint that is much worse than its siblings is not asked for a while.'),
  earlyRefusal: withDefault(boolean, true, 'A call is refused at once where its deadline leaves no time for it.'),
  quarantine: withDefault(boolean, true, 'A request that ends processes is refused.'),
  adaptiveLimit: withDefault(
    boolean,
    true,
    'How many runs of a model with several instances go on at once is learned; else as many as it has instances.',
  ),
  throttle: withDefault(boolean, true, 'A share of the calls is kept from a service that refuses for the most part.'),
  slowMs: optional(
    integer(1, 60_000),
    'An answer that took more milliseconds counts against a breaker. Default: what is learned decides.',
  ),
};

const resilience = settings(resilienceFields);
export const resilienceDefault: Resilience = defaultsOf(resilience);

export const meshFields = {
  gateway: optional(gateway, 'The server that callers reach.'),
  services: optional(
    services,
    'Which process holds what, by name. Default: a service for each model and each transform.',
  ),
  aliases: optional(
    aliases,
    'What versions of models and pipelines are called, by name: `{ digits: { champion: 3, challenger: 4 } }`.',
  ),
  shadows: optional(
    shadows,
    'Versions that get copies of calls, whose answers are compared and go to nobody, by name: `{ digits: { version: 4 } }`.',
  ),
  cache: optional(cache, 'Which answers the gateways keep, so that the same is not asked twice. Default: none.'),
  jobs: optional(jobs, 'Work that is done later: who does it, how much may wait, and who is told of its end.'),
  limits: optional(limits, 'How much a call may bring, take and last.'),
  resilience: optional(resilience, 'What stands between the gateway and its services, each on unless told.'),
  tls: optional(
    meshTls,
    'Certificates of the gateway and its own services, for one another. Default: plain text on loopback.',
  ),
  registry: optional(
    registry,
    'The mesh serves what its registry says, beside what is in its folder. Default: the folder alone.',
  ),
  signing: optional(
    signing,
    'Whose signatures of versions in the registry count, and what follows where there is none. Default: nobody looks.',
  ),
  pushes: optional(pushes, 'How much publishers may bring into the registry in this folder.'),
  trials: optional(trials, 'What the trial of a version makes of what it finds.'),
  secret: optional(
    meshSecret,
    'Where the secret is that processes of the mesh want of one another, at least 32 characters. Default: `sheaf up` makes one.',
  ),
};

export const meshDocument = settings(meshFields);
export type MeshGiven = ValueOf<typeof meshDocument>;

/** The JSON Schema of mesh.yaml, for editors. */
export const meshSchema = (): JsonSchema => documentSchema('mesh.yaml of a Sheaf mesh', meshDocument);
