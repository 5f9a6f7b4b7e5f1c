/** `services` of mesh.yaml: which process holds what, and which servers are somebody else's. */
import {
  boolean,
  bytes,
  checked,
  choice,
  integer,
  type JsonSchema,
  list,
  mapOf,
  mayBeEmpty,
  optional,
  type Path,
  type Problems,
  record,
  text,
  type ValueOf,
  withDefault,
} from '@sheaf/document';
import { signatures } from '@sheaf/pipeline';
import { names, variables } from './common.ts';
import { entriesMax, metadata, metadataKey } from './metadata.ts';
import { token } from './secrets.ts';
import { foreignTls } from './tls.ts';

/** Of every service. */
export const anyServiceFields = {
  models: withDefault(names, [], 'The models that it holds.'),
  transport: optional(
    choice(['unary']),
    'It is asked by a gRPC call each; left out, services of our own are asked on a stream that lasts.',
  ),
};

/** Of services that are ours to start. */
export const ownServiceFields = {
  transforms: optional(
    names,
    'The transforms that it holds, by their names. A service that is called like a transform, and names nothing, holds that.',
  ),
  port: withDefault(integer(0, 65_535), 0, 'Its port on loopback; 0 takes a free one.'),
  replicas: withDefault(integer(1, 64), 1, 'Processes of it; the less busy of two at random is asked.'),
  cpus: optional(integer(1, 256), 'CPUs that each process may take, shared out among the instances of its models.'),
  memory: optional(
    bytes('64MiB', '1024GiB'),
    'Resident memory of each process; one that takes more is killed and replaced. Default: what the machine has.',
  ),
  network: optional(boolean, 'Its transforms may use the network. Default false.'),
  addons: optional(boolean, 'Its transforms may load native add-ons. Default false.'),
  trusted: optional(boolean, 'Its transforms may do all that the user may who runs the mesh. Default false.'),
  env: optional(variables, 'Variables of the environment that its processes get beside those that all processes get.'),
};

/** Of somebody else's server. */
export const foreignServiceFields = {
  endpoint: optional(
    text('a gRPC target such as dns:///triton:8001', /^[A-Za-z0-9.:/_[\]-]+$/),
    "The address of somebody else's server. Left out, the service is ours to start.",
  ),
  protocol: optional(choice(['open-inference']), 'What it speaks. Default open-inference.'),
  signatures: optional(
    signatures,
    'What its models take and give, by model, where the server does not say: `inputs` and `outputs` as in a pipeline.',
  ),
  metadata: optional(metadata, 'Metadata of each call, and of the questions whether it is ready and what it serves.'),
  token: optional(token, 'Where the secret is that lets the gateway in.'),
  authority: optional(
    text('a host, with a port or without, such as triton.example:8001', /^[A-Za-z0-9._-]{1,253}(:\d{1,5})?$/),
    'Whom requests and its certificate name. Default: the host of the endpoint.',
  ),
  forward: optional(
    list(metadataKey, 'a list of keys of metadata', entriesMax),
    "Keys of the caller's metadata that are handed on, where the caller sent them. Default none.",
  ),
  tls: optional(
    foreignTls,
    'How it is asked by TLS; `true` trusts the authorities that everybody trusts. Default: plain text.',
  ),
};

const serviceFields = { ...anyServiceFields, ...ownServiceFields, ...foreignServiceFields };
const written = record(serviceFields);
export type ServiceGiven = ValueOf<typeof written>;

/** Keys that say nothing where the service is of the other sort, and what is said then. */
const apart: readonly (readonly [keyof ServiceGiven, where: 'own' | 'foreign', told: string])[] = [
  ['memory', 'own', 'want it where the service is ours to start; this has an endpoint'],
  ['env', 'own', 'want it where the service is ours to start; this has an endpoint'],
  ['tls', 'foreign', 'want it where there is an endpoint; our own services take the `tls` of the mesh'],
  ...(['signatures', 'metadata', 'token', 'authority', 'forward'] as const).map(
    (key) => [key, 'foreign', 'want it where there is an endpoint: it is for servers that are not ours'] as const,
  ),
];

/** The same for editors. */
const together: JsonSchema = {
  dependentRequired: Object.fromEntries(
    apart.flatMap(([key, where]) => (where === 'foreign' ? [[key, ['endpoint']]] : [])),
  ),
  dependentSchemas: {
    endpoint: {
      properties: {
        replicas: { maximum: 1 },
        ...Object.fromEntries(apart.flatMap(([key, where]) => (where === 'own' ? [[key, false]] : []))),
      },
    },
  },
};

/** Each key by itself is right; what does not go together is told. */
function checkTogether(service: ServiceGiven, path: Path, problems: Problems): void {
  const sort = service.endpoint === undefined ? 'own' : 'foreign';
  if (service.replicas > 1 && (sort === 'foreign' || service.port !== 0))
    problems.add([...path, 'replicas'], 'want 1 where the service has an endpoint or a port of its own');
  for (const [key, where, told] of apart)
    if (service[key] !== undefined && where !== sort) problems.add([...path, key], told);
  for (const name of service.endpoint === undefined ? [] : (service.signatures?.keys() ?? []))
    if (!service.models.includes(name))
      problems.add(
        [...path, 'signatures', name],
        `the service has no model "${name}"; its models are ${service.models.join(', ')}`,
      );
}

const serviceName = text('a service name of letters, digits, "_" and "-"', /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);

export const services = mayBeEmpty(
  mapOf(checked(mayBeEmpty(written), checkTogether, together), {
    min: 0,
    max: 65_536,
    noun: 'service',
    key: serviceName,
    keepsOthers: true,
  }),
);
