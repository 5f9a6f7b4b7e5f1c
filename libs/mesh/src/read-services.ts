import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSignatures } from '@sheaf/pipeline';
import { boolean, byteCount, bytes, integer, isRecord, readFields, text, texts, variables } from './fields.ts';
import type { LimitsSetting } from './fit-limits.ts';
import { type Mesh, resilienceDefault, type Service } from './mesh.ts';
import type { MeshProblem } from './problem.ts';
import { gatewayDefault, readGateway } from './read-gateway.ts';
import { readMeshSecret } from './read-secret.ts';
import { readSent, type SentGiven, sentFields } from './read-sent.ts';
import { checkAuthoritiesApart, readDoorTls, readForeignTls, readMeshTls, type TlsPlace } from './read-tls.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

const file = 'mesh.yaml';
/** What protobuf and the clients of all languages can do. */
const messageBytesMost = 2 ** 31;
const dayMs = 24 * 3_600_000;

/** Each limit's smallest and largest setting. */
const limitFields = {
  messageBytesMax: byteCount(1024, messageBytesMost),
  innerMessageBytesMax: byteCount(1024, messageBytesMost),
  bytesInFlightMax: byteCount(16 * 2 ** 20, 2 ** 40),
  inputsMax: integer(1, 4_096),
  outputsMax: integer(1, 4_096),
  rankMax: integer(1, 32),
  elementsMax: integer(1, 2 ** 31 - 1),
  nameCharsMax: integer(1, 1024),
  parametersMax: integer(0, 1024),
  metadataBytesMax: integer(1024, 1024 * 1024),
  requestArrivalMaxMs: integer(100, 600_000),
  concurrentStreamsMax: integer(1, 65_536),
  concurrentCallsMax: integer(1, 65_536),
  deadlineDefaultMs: integer(1, dayMs),
  deadlineMaxMs: integer(1, dayMs),
};

/** Of the transforms of a service. */
const rightsFields = { network: boolean, addons: boolean, trusted: boolean };

const serviceFields = {
  models: texts,
  transforms: texts,
  endpoint: text('a gRPC target such as dns:///triton:8001', /^[A-Za-z0-9.:/_[\]-]+$/),
  protocol: text('open-inference', /^open-inference$/),
  port: integer(0, 65_535),
  transport: text('unary', /^unary$/),
  replicas: integer(1, 64),
  cpus: integer(1, 256),
  memory: bytes('64MiB', '1024GiB'),
  ...rightsFields,
  env: variables,
  signatures: (value: unknown) => value,
  ...sentFields,
  tls: (value: unknown) => value,
};

const resilienceFields = {
  breaker: boolean,
  retry: boolean,
  ejection: boolean,
  earlyRefusal: boolean,
  quarantine: boolean,
  adaptiveLimit: boolean,
  throttle: boolean,
  slowMs: integer(1, 60_000),
};

const topFields = {
  services: (value: unknown) => value,
  limits: (value: unknown) => value,
  gateway: (value: unknown) => value,
  resilience: (value: unknown) => value,
  tls: (value: unknown) => value,
  secret: (value: unknown) => value,
};

/** What mesh.yaml says. */
export interface MeshSettings extends Pick<Mesh, 'services' | 'gateway' | 'resilience' | 'tls' | 'secret'> {
  readonly limits: LimitsSetting;
}

/** Reads mesh.yaml, which may be missing. `models` and `transforms` (names) are what the folder holds; `notes` are no mistakes, but may not be meant. */
export async function readSettings(
  folder: string,
  models: readonly string[],
  transforms: readonly string[],
  problems: MeshProblem[],
  notes: MeshProblem[],
): Promise<MeshSettings> {
  const exists = await stat(join(folder, file)).catch(() => undefined);
  const yaml = exists && (await readYaml(join(folder, file), file, problems));
  if (!yaml)
    return {
      services: ownServices(models, transforms, []),
      limits: { given: {}, place: (key, message) => ({ file, line: undefined, path: `limits.${key}`, message }) },
      gateway: gatewayDefault,
      resilience: resilienceDefault,
      tls: undefined,
    };
  const top = readFields(yaml, [], yaml.value, topFields, problems);
  const limits: LimitsSetting = {
    given: readFields(yaml, ['limits'], top.limits, limitFields, problems),
    place: (key, message) => yaml.place(['limits', key], message),
  };
  const at = (...path: string[]): TlsPlace => ({ yaml, folder, path, problems });
  const door = readGateway(yaml, top.gateway, problems);
  const gateway = { ...door, tls: await readDoorTls(at('gateway', 'tls'), door.tls) };
  const resilience = {
    ...resilienceDefault,
    ...readFields(yaml, ['resilience'], top.resilience, resilienceFields, problems),
  };
  const tls = await readMeshTls(at('tls'), top.tls);
  const secret = await readMeshSecret({ ...at('secret'), notes }, top.secret, tls);
  await checkAuthoritiesApart({ yaml, problems }, gateway.tls, tls);
  const read = readServices(yaml, top.services, new Set(models), new Set(transforms), problems);
  const named = await Promise.all(
    read.map(async ({ tls: given, beside, ...service }) => ({
      ...service,
      tls: await readForeignTls(at('services', service.name, 'tls'), given),
      sent: await readSent({ ...at('services', service.name), notes }, beside),
    })),
  );
  return { services: [...named, ...ownServices(models, transforms, named)], limits, gateway, resilience, tls, secret };
}

function readServices(
  yaml: YamlFile,
  value: unknown,
  models: Set<string>,
  transforms: Set<string>,
  problems: MeshProblem[],
): (Omit<Service, 'tls' | 'sent'> & { readonly tls: unknown; readonly beside: SentGiven })[] {
  if (value === undefined || value === null) return [];
  if (!isRecord(value)) {
    problems.push(yaml.place(['services'], 'want services by name'));
    return [];
  }
  const owners = new Map<string, string>();
  return Object.entries(value).map(([name, item]) => {
    const path = ['services', name];
    const {
      models: held = [],
      transforms: given,
      endpoint,
      port = 0,
      transport,
      replicas = 1,
      cpus,
      memory,
      env,
      tls,
      signatures,
      network,
      addons,
      trusted,
      ...beside
    } = readFields(yaml, path, item, serviceFields, problems);
    // A service that is called like a transform need not name it once more.
    const run = given ?? (held.length === 0 && !endpoint && transforms.has(name) ? [name] : []);
    const rights = { network, addons, trusted };
    for (const [key] of run.length > 0 && !endpoint
      ? []
      : Object.entries(rights).filter(([, told]) => told !== undefined))
      problems.push(yaml.place([...path, key], 'want it where the service runs transforms of ours: it is their right'));
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name))
      problems.push(yaml.place(path, 'want a service name of letters, digits, "_" and "-"'));
    if (held.length + run.length === 0) problems.push(yaml.place(path, 'want models or transforms, got none'));
    if (replicas > 1 && (endpoint || port !== 0))
      problems.push(yaml.place([...path, 'replicas'], 'want 1 where the service has an endpoint or a port of its own'));
    if (endpoint && memory !== undefined)
      problems.push(
        yaml.place([...path, 'memory'], 'want it where the service is ours to start; this has an endpoint'),
      );
    if (endpoint && env !== undefined)
      problems.push(yaml.place([...path, 'env'], 'want it where the service is ours to start; this has an endpoint'));
    if (!endpoint && tls !== undefined)
      problems.push(
        yaml.place([...path, 'tls'], 'want it where there is an endpoint; our own services take the `tls` of the mesh'),
      );
    const foreignOnly = { ...(signatures === undefined ? {} : { signatures }), ...beside };
    for (const key of endpoint ? [] : ['signatures', ...Object.keys(sentFields)].filter((one) => one in foreignOnly))
      problems.push(
        yaml.place([...path, key], 'want it where there is an endpoint: it is for servers that are not ours'),
      );
    if (!endpoint) {
      for (const model of held.filter((candidate) => !models.has(candidate))) {
        problems.push(
          yaml.place(
            [...path, 'models'],
            `there is no model "${model}"; the models are ${[...models].join(', ') || 'none'}`,
          ),
        );
      }
    }
    for (const transform of run.filter((candidate) => !transforms.has(candidate))) {
      problems.push(yaml.place([...path, 'transforms'], `no pipeline uses a transform "${transform}"`));
    }
    for (const holding of [...held, ...run]) {
      const owner = owners.get(holding);
      if (owner) problems.push(yaml.place(path, `"${holding}" is already held by service ${owner}`));
      owners.set(holding, name);
    }
    return {
      name,
      models: held,
      transforms: run,
      endpoint,
      port,
      replicas,
      cpus,
      memoryMaxBytes: memory,
      ...(run.length > 0 ? { rights } : {}),
      env,
      tls: endpoint ? tls : undefined,
      signatures: endpoint ? readSignatures(yaml, [...path, 'signatures'], signatures, held, problems) : undefined,
      beside: endpoint ? sentOf(beside) : {},
      transport: endpoint || transport ? 'unary' : 'stream',
    };
  });
}

/** Of models of a server that does not say what they take and give. */
function readSignatures(
  yaml: YamlFile,
  path: readonly string[],
  value: unknown,
  models: readonly string[],
  problems: MeshProblem[],
): Service['signatures'] {
  if (value === undefined) return undefined;
  const { signatures, problems: found } = parseSignatures(value);
  for (const { path: place, message } of found) problems.push(yaml.place([...path, ...place], message));
  for (const name of [...signatures.keys()].filter((one) => !models.includes(one)))
    problems.push(
      yaml.place([...path, name], `the service has no model "${name}"; its models are ${models.join(', ')}`),
    );
  return signatures;
}

const sentOf = ({ metadata, token, authority, forward }: SentGiven): SentGiven => ({
  metadata,
  token,
  ...(authority === undefined ? {} : { authority }),
  ...(forward === undefined ? {} : { forward }),
});

/** The default: a service of its own for each model and each transform that no named service holds. */
export function ownServices(
  models: readonly string[],
  transforms: readonly string[],
  named: readonly Service[],
): Service[] {
  const held = new Set(named.flatMap((service) => [...service.models, ...service.transforms]));
  const alone = { endpoint: undefined, port: 0, replicas: 1, transport: 'stream' } as const;
  return [
    ...models.filter((name) => !held.has(name)).map((name) => ({ name, models: [name], transforms: [], ...alone })),
    ...transforms.filter((name) => !held.has(name)).map((name) => ({ name, models: [], transforms: [name], ...alone })),
  ];
}
