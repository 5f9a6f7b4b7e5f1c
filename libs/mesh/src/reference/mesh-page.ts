/** The reference page of mesh.yaml, made from the definitions that it is read by. */
import { fenced, fieldsTable, section } from '@sheaf/document';
import { cacheFields, cacheRuleFields } from '../language/cache.ts';
import { gatewayFields } from '../language/gateway.ts';
import { callbackFields, jobsFields } from '../language/jobs.ts';
import { limitFields } from '../language/limits.ts';
import { meshFields, resilienceFields } from '../language/mesh-document.ts';
import { metricsFields } from '../language/metrics.ts';
import { pushFields, trialFields } from '../language/pushes.ts';
import { registryFields } from '../language/registry.ts';
import { meshSecretFields, tokenFields } from '../language/secrets.ts';
import { anyServiceFields, foreignServiceFields, ownServiceFields } from '../language/services.ts';
import { shadowFields } from '../language/shadows.ts';
import { signingFields } from '../language/signing.ts';
import { foreignTlsFields, meshTlsFields, serverTlsFields } from '../language/tls.ts';

/** A whole file: read by the test of this page. */
export const meshExample = `
# yaml-language-server: $schema=schemas/mesh.schema.json
gateway: { host: 0.0.0.0, port: 8001, trustedProxies: [10.0.0.0/8] }
services:
  readers: { models: [digits-cnn, digits-kernel], replicas: 2, memory: 1GiB }
  enrich: { network: true }              # runs the transform ./enrich.ts
  far: { models: [bert], endpoint: 'dns:///triton.example:8001', token: { env: TRITON_TOKEN } }
limits: { messageBytesMax: 128MiB, deadlineMaxMs: 120000 }
`;

/** Parts of a file: each read by the test of this page. */
export const meshSnippets: Readonly<Record<string, string>> = {
  rights: `
services:
  enrich: { network: true }              # the transform ./enrich.ts
  draw: { transforms: [draw-boxes, draw-texts], addons: true }`,
  foreign: `
services:
  far:
    models: [reader]
    endpoint: 'dns:///triton.example:8001'
    metadata: { x-tenant: a }            # goes with each call, and with questions about the server
    token: { env: TRITON_TOKEN }         # or { file: ./secrets/token }
    authority: triton.internal           # whom requests and the server's certificate name
    forward: [x-user, baggage]           # of the caller's metadata`,
  signatures: `
services:
  far:
    models: [reader]
    endpoint: 'dns:///mlserver.example:8081'
    signatures:
      reader:
        inputs: { x: { datatype: FP32, shape: [rows, 4] } }
        outputs: { y: { datatype: FP32, shape: [rows] } }`,
  cache: `
cache:
  bytes: 256MiB
  answers:
    - { models: [read-postcode, digits-*], keep: 10m }
    - { models: [embed-text], keep: 60m, shared: true }`,
  jobs: `
jobs:
  workers: 2
  callsMax: 8
  callbacks:
    hosts: [hooks.example.com, '*.internal.example']
    secret: { env: CALLBACK_SECRET }     # or { file: ./secrets/callbacks }`,
  shadows: `
shadows:
  digits: { version: 4, percent: 20 }
  read-page: { version: 2, agree: values, tolerance: 0.01 }`,
  aliases: `
aliases:
  digits: { champion: 3, challenger: 4 }
  read-page: { champion: 2 }             # a pipeline`,
  registry: `
registry:
  address: 'dns:///registry.example:8100'
  key: { env: REGISTRY_KEY }             # or { file: ./secrets/registry-key }
  tls: true
  keep: 3`,
  signing: `
signing:
  policy: require
  keys: [keys/release.pub]`,
  pushes: `
pushes: { publisherBytesMax: 50GiB, freeBytesMin: 5GiB }`,
  trials: `
trials:
  levels: { determinism: fail, size: note }
  timeRatioMax: 1.5`,
  tls: `
gateway:
  tls: { certificate: tls/gateway.crt, key: tls/gateway.key, clientCa: tls/clients.crt }
tls: { ca: tls/mesh-ca.crt, certificate: tls/mesh.crt, key: tls/mesh.key }
services:
  far: { models: [reader], endpoint: 'dns:///triton.example:8001', tls: { ca: tls/far-ca.crt } }`,
};

const gatewaySection = section(
  'gateway',
  fieldsTable(gatewayFields),
  [
    '- `noticeMs` should be more than balancers take to ask for health. With Kubernetes, `noticeMs` and the longest deadline together should be less than `terminationGracePeriodSeconds`.',
    '- `connectionsMax`: one connection more closes one of the address that has most of them, those without a call first, and is closed itself where there is none to close. The log says so once a minute. An address of IPv6 is counted by its /64. A balancer in front should be one of the `trustedProxies`, which are not counted by address. Streams that last, such as watches, may be twice as many. Each connection takes a file descriptor and, with TLS, about 64 KiB.',
    '- `connectionAgeMaxMs`: a connection of that age is told to go elsewhere (GOAWAY), and its calls are answered; clients of gRPC open another connection and lose no call. Without such a limit a connection outlives the authority that its client was let in by, and balancers send nothing to gateways that came later.',
    '- `trustedProxies`: the caller is the last address in the header that is no trusted proxy. Name the header that your proxy writes: the other one it hands on as callers wrote it. Of everybody else the caller is whoever is connected, whatever the header says.',
    '- `proxyProtocol` is for proxies that pass on bytes and not calls (haproxy `send-proxy`, AWS NLB, Envoy). Each connection has to begin with the header, before TLS, and to come from a trusted proxy; any other is closed, that of `sheaf infer` on the same machine too.',
    '- `env` names variables that an agent needs which `NODE_OPTIONS` loads, for example. [What every process gets](../../libs/supervisor/README.md#what-a-process-gets).',
  ].join('\n'),
  '### gateway.metrics',
  fieldsTable(metricsFields),
  [
    '- `metrics: { host: 0.0.0.0 }` shows them beyond this machine, to whoever reaches the port: names of models, pipelines, tenants and policies, and how much each is asked. Nothing of what calls carry is in them. [What they are](../metrics.md).',
    '- A port that is written has to be had: where somebody else has it, the gateway does not start. Without one, a line of the log says so, and the gateway serves calls.',
    '- Where the gateways have free ports (`port: 0`), metrics are served only where a port is written.',
    '- The first gateway shows the numbers of all services, and each its own: scrape every one.',
  ].join('\n'),
  '### gateway.tls',
  fieldsTable(serverTlsFields),
  'Connections that are open when `clientCa` is replaced stay until they end. A caller without a certificate may show another credential, as [policies.yaml](policies.md) says.',
);

const servicesSections = [
  section(
    'services',
    'A service is a process that holds models, transforms or both, or a server of somebody else at an `endpoint`. What no service names has a service of its own, called like the model or transform.',
    '### Every service',
    fieldsTable(anyServiceFields),
    '### A service of ours',
    fieldsTable(ownServiceFields),
    'Without rights a transform reads its folder and its packages, and does no more: [what a transform may do](../../libs/runtime/README.md#what-a-transform-may-do).',
    fenced(meshSnippets['rights'] ?? ''),
    [
      '- `memory`: a process that takes more as soon as it is loaded (about 180 MiB with a small model) is told of and does not start. `memoryMaxMb` of a [model](model.md) should be well below: replacing its workers costs no call.',
      '- `cpus`: where neither this nor `intraOpThreads` of a model is set, a run has one thread. The only model of a mesh, with one version, instance and replica, has half of the CPUs where there are four or more. Many callers are served better by one thread and several `instances`.',
    ].join('\n'),
    "### Somebody else's server",
    fieldsTable(foreignServiceFields),
    fenced(meshSnippets['foreign'] ?? ''),
    '#### token',
    fieldsTable(tokenFields),
    '#### tls',
    fieldsTable(foreignTlsFields),
    [
      '- A secret never stands in mesh.yaml, and no log, configuration or error shows it. A file is looked at every 2 s while it is used. A service whose secret is not there is not ready, and all else is served. Without `tls` a token can be read on the way.',
      '- `forward` hands on only what it names, so of the credentials of a caller only an `authorization`, `x-api-key` or `cookie` that stands there. It never names what gRPC or the gateway says itself (`grpc-...`, `traceparent`, `tracestate`), nor binary keys. gRPC carries printable ASCII: of a value with anything else (UTF-8, a tab), that goes percent-encoded, so `Zoë` as `Zo%C3%AB`. What a transform asks by itself has no metadata of a caller.',
      '- `signatures` is for MLServer, KServe and others that do not say what a model takes and gives. Without it calls of such a model are passed on as they are, and no pipeline may use it.',
    ].join('\n'),
    fenced(meshSnippets['signatures'] ?? ''),
    "Where the environment names an HTTP proxy, somebody else's server is asked through it, by CONNECT, as gRPC does everywhere: the first of `grpc_proxy`, `https_proxy` and `http_proxy` that is set, unless the first of `no_grpc_proxy` and `no_proxy` names the host of the endpoint. Nothing between the processes of the mesh goes through it.",
  ),
];

const aliasesSection = section(
  'aliases',
  'What versions of models and pipelines of the folder are called: small letters, digits, `_` and `-`, beginning with a letter. `champion` is the version that calls without one get; where a name has none, they get the newest. An alias may stand wherever a version does: in `model_version` of a call, in stages, routes and rules (`digits/challenger`), and after `sheaf infer --version`. Answers name the number.',
  fenced(meshSnippets['aliases'] ?? ''),
  [
    '- With `--watch`, a changed alias is in force in all gateways without any process that starts or ends. A call that came in before ends with the versions that it began with, in all that it asks.',
    '- A version that an alias names has to be in the folder. A pipeline is checked against the versions that its aliases mean: where it would not fit any more, or the version cannot be served, the aliases before stay in force.',
    "- Aliases are for what the folder holds, not for the models of somebody else's server.",
  ].join('\n'),
);

const shadowsSection = section(
  'shadows',
  'A version that gets copies of calls. Callers have the answers of the version that they have without it; when such an answer is on its way, the copy is made, compared with it, and thrown away.',
  fieldsTable(shadowFields),
  fenced(meshSnippets['shadows'] ?? ''),
  [
    '- The metrics `sheaf_shadow_copies_total`, `sheaf_shadow_duration_seconds` and `sheaf_shadow_rules_changed_total` tell how many agreed, how long they took, and in how many a rule came out otherwise; the log tells of answers that differ (`shadow.differs`).',
    "- A copy is nobody's call: it is not charged, is in no metric of callers, has its own deadline, and goes on when the caller leaves. It gives way to every call: none is made while calls wait in a service behind the name.",
    '- Calls that name a version are not copied. A version that is not there gets no copies.',
    '- Shares of the calls are a matter of routes in [policies.yaml](policies.md), or of a [rollout](../roll-out.md), which moves them by itself and keeps the worst disagreements.',
  ].join('\n'),
);

const cacheSection = section(
  'cache',
  'A call that asks what was asked before has the answer of then, and nothing is run. Calls that ask the same at the same time are asked once.',
  fieldsTable(cacheFields),
  'Each of `answers`:',
  fieldsTable(cacheRuleFields),
  fenced(meshSnippets['cache'] ?? ''),
  [
    '- Two calls ask the same when name, version, parameters, inputs (names, datatypes, shapes, bytes) and wanted outputs are the same, and so is what the pipeline reads of their metadata and callers; ids and deadlines make no difference. Where a service forwards metadata, it counts too.',
    '- What was kept is not found any more once another version, content or pipeline would answer: after a reload, a promotion, a rollback. A model on a server of somebody else may change unseen; there only `keep` bounds it.',
    '- Errors are not kept, and no answer of an ensemble or pipeline that did without a part.',
    '- It stands behind keys, visibility, routes and limits: a call that is answered from it has passed them, and pays by what it has cost.',
    '- Callers are told by the trailer `x-cache` (`hit`, `miss`, `coalesced`, `bypass`), and of a hit by `age`, in seconds. Whoever sends `cache-control: no-cache` gets a new answer, and with `no-store` it is not kept. Calls for an explanation or a plan go past it.',
    '- While a rollout or a shadow looks at a name, its calls go past it: a comparison is of versions, and not of what was kept of one.',
    '- Each gateway keeps its own. What gives another answer each time should not be named here.',
    '- The metrics are `sheaf_cache_answers_total`, `sheaf_cache_bytes`, `sheaf_cache_entries` and `sheaf_cache_evictions_total`.',
  ].join('\n'),
);

const jobsSection = section(
  'jobs',
  fieldsTable(jobsFields),
  'Each of `callbacks`:',
  fieldsTable(callbackFields),
  fenced(meshSnippets['jobs'] ?? ''),
  [
    '- A worker starts when the mesh has a job for the first time: a mesh without jobs has no process for them. Where the environment has `DATABASE_URL` it starts with the mesh, since others may put work there.',
    '- It asks the gateways as the caller that submitted, below all callers that wait for an answer, and asks less as soon as there are any. What it may have under way is for each worker.',
    '- A call-back is sent again, with longer waits each time, until its host takes it or its tries are used up. It follows no redirect, and a name that leads to an address that is not public is not called unless `private` says so.',
    '- It takes effect when the mesh is started.',
  ].join('\n'),
);

const limitsSection = section(
  'limits',
  fieldsTable(limitFields),
  [
    '- What is not set follows the folder, also models that are taken up while the mesh runs. A limit that is set below what a model needs is a mistake.',
    '- Every refusal for size names its key. A message stands in memory several times over, in each process that it passes: 300 MB each way take the gateway 1.6 GB and the service 2.6 GB at their peak.',
    '- `bytesInFlightMax`: a service with `memory` takes a quarter of that where it is less. What finds no room waits or is refused ([how](../../libs/transport/README.md#bytes-in-flight)). Where several processes share a machine, a quarter for each may be too much: then set it.',
    "- A deadline that passes and was not the caller's own says which of `deadlineDefaultMs` and `deadlineMaxMs` it was.",
  ].join('\n'),
);

const trustSections = [
  section(
    'tls',
    'Files in PEM, from the mesh folder. The files may be replaced while the mesh runs, and the paths may not. `sheaf check` looks whether they are there, can be read, fit one another and are not out of date.',
    fieldsTable(meshTlsFields),
    'Each process shows the certificate and wants one of `ca`, so that authority should be of the mesh alone. Under `sheaf up` services are asked at 127.0.0.1, which the certificate has to name.',
    fenced(meshSnippets['tls'] ?? ''),
  ),
  section(
    'registry',
    fieldsTable(registryFields),
    'With this key, if only as `registry:`, or with `sheaf up --model-control registry`, the versions that a registry says are served beside what is in the folder: those that aliases mean, and those that pipelines and rollouts need; what was only pushed is not. A name that folder and registry both have is a mistake. `sheaf up` keeps a view of them in `.sheaf/serving`, from which the mesh starts and goes on when the registry is away.',
    fenced(meshSnippets['registry'] ?? ''),
    'It takes effect when the mesh is started.',
  ),
  section(
    'signing',
    fieldsTable(signingFields),
    'It is asked when a version is pushed to the registry in this folder and when one is signed or an alias is moved to it. It is read each time: a key that was taken out of the list counts no more. Models that lie in the folder itself are as whoever may write there wants them. `sheaf models sign` and the stock `model_signing` make signatures.',
    fenced(meshSnippets['signing'] ?? ''),
  ),
  section(
    'pushes',
    fieldsTable(pushFields),
    'It is read at each push. Who brings more is refused with RESOURCE_EXHAUSTED: versions have to be deleted first, or the limit raised.',
    fenced(meshSnippets['pushes'] ?? ''),
  ),
  section(
    'trials',
    fieldsTable(trialFields),
    'It is read at each push, and whenever a mesh that follows a registry tries what comes. What the checks are, and what their findings are unless told, is in the [README of trials](../../libs/trial/README.md).',
    fenced(meshSnippets['trials'] ?? ''),
  ),
  section(
    'secret',
    fieldsTable(meshSecretFields),
    'It is for processes that are started by hand, on one machine or several, and for whoever asks a service itself (`authorization: Bearer ...`). It is read when a process starts, and none starts without it; `sheaf check` only notes that it is not there. It keeps strangers out and is no encryption: between machines use `tls`, which stands in its place.',
  ),
];

/** The text of docs/reference/mesh.md. */
export const meshPage = (): string =>
  `${[
    '# mesh.yaml',
    'How a folder is served: where the gateway listens, which process holds what, and how much a call may take. The file may be missing, and so may every key in it. `sheaf check` finds every mistake, with its line; while a mesh runs, a file with a mistake is told and the one before stays in force. This page is generated (`npm run reference`).',
    fenced(meshExample),
    'A `?` after a key says that it may be left out. Amounts of memory are written `512MiB`.',
    fieldsTable(meshFields),
    gatewaySection,
    ...servicesSections,
    aliasesSection,
    shadowsSection,
    cacheSection,
    jobsSection,
    limitsSection,
    section(
      'resilience',
      fieldsTable(resilienceFields),
      'What each of them does: [outbound](../../libs/outbound/README.md), and of the adaptive limit [runtime](../../libs/runtime/README.md).',
    ),
    ...trustSections,
  ].join('\n\n')}\n`;
