/** Which role each method wants, and who may therefore call it. */
import type { Authenticate } from '@sheaf/identity';
import { InferError, type Principal, type Role } from '@sheaf/inference';
import { createAddressCheck } from './address-rules.ts';
import type { AddressRules, OpenMethods } from './spec.ts';

/** Of jobs: whoever submits them looks after their own, and operators after all. */
const submittedOr = (role: Role): readonly Role[] => ['infer', role];

/** Every method of every service that a gateway has on its public server. One that is not here is nobody's. */
export const methodRoles: Readonly<Record<string, Role | readonly Role[] | 'any'>> = {
  '/inference.GRPCInferenceService/ServerLive': 'any',
  '/inference.GRPCInferenceService/ServerReady': 'any',
  '/inference.GRPCInferenceService/ServerMetadata': 'any',
  '/inference.GRPCInferenceService/ModelReady': 'any',
  '/inference.GRPCInferenceService/ModelMetadata': 'any',
  '/inference.GRPCInferenceService/ModelConfig': 'any',
  '/inference.GRPCInferenceService/ModelStatistics': 'any',
  '/inference.GRPCInferenceService/ModelInfer': 'infer',
  '/inference.GRPCInferenceService/RepositoryIndex': 'observe',
  '/inference.GRPCInferenceService/RepositoryModelLoad': 'admin',
  '/inference.GRPCInferenceService/RepositoryModelUnload': 'admin',
  '/grpc.health.v1.Health/Check': 'any',
  '/grpc.health.v1.Health/List': 'observe',
  '/grpc.health.v1.Health/Watch': 'any',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': 'any',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': 'any',
  '/sheaf.admin.v1.Admin/GetConfiguration': 'observe',
  '/sheaf.admin.v1.Admin/GetLimits': 'observe',
  '/sheaf.admin.v1.Admin/GetMetrics': 'observe',
  '/sheaf.admin.v1.Admin/ListAudit': 'observe',
  '/sheaf.admin.v1.Admin/ListBreakers': 'observe',
  '/sheaf.admin.v1.Admin/ForceBreakers': 'admin',
  '/sheaf.admin.v1.Admin/ListQuarantine': 'observe',
  '/sheaf.admin.v1.Admin/ClearQuarantine': 'admin',
  '/sheaf.admin.v1.Admin/ListKeys': 'admin',
  '/sheaf.admin.v1.Admin/CreateKey': 'admin',
  '/sheaf.admin.v1.Admin/RotateKey': 'admin',
  '/sheaf.admin.v1.Admin/RevokeKey': 'admin',
  '/sheaf.admin.v1.Admin/GetLogLevels': 'observe',
  '/sheaf.admin.v1.Admin/SetLogLevels': 'admin',
  '/sheaf.admin.v1.Admin/Reload': 'admin',
  '/sheaf.admin.v1.Admin/Drain': 'admin',
  '/sheaf.registry.v1.Registry/Push': 'publish',
  '/sheaf.registry.v1.Registry/ListEntries': 'observe',
  '/sheaf.registry.v1.Registry/ListVersions': 'observe',
  '/sheaf.registry.v1.Registry/GetVersion': 'observe',
  '/sheaf.registry.v1.Registry/Download': 'observe',
  '/sheaf.registry.v1.Registry/ListAliases': 'observe',
  '/sheaf.registry.v1.Registry/GetAliasAt': 'observe',
  '/sheaf.registry.v1.Registry/MoveAlias': 'admin',
  '/sheaf.registry.v1.Registry/FreezeAlias': 'admin',
  '/sheaf.registry.v1.Registry/ListHistory': 'observe',
  '/sheaf.registry.v1.Registry/AddSignature': 'publish',
  '/sheaf.registry.v1.Registry/QuarantineVersion': 'admin',
  '/sheaf.registry.v1.Registry/ReleaseVersion': 'admin',
  '/sheaf.registry.v1.Registry/DeleteVersion': 'admin',
  '/sheaf.registry.v1.Registry/Prune': 'admin',
  '/sheaf.registry.v1.Registry/Watch': 'observe',
  '/sheaf.registry.v1.Registry/ListAudit': 'observe',
  '/sheaf.registry.v1.Registry/StartRollout': 'admin',
  '/sheaf.registry.v1.Registry/GetRollout': 'observe',
  '/sheaf.registry.v1.Registry/TellRollout': 'admin',
  '/sheaf.registry.v1.Registry/ReportEvidence': 'report',
  '/sheaf.jobs.v1.Jobs/Submit': 'infer',
  '/sheaf.jobs.v1.Jobs/Get': submittedOr('observe'),
  '/sheaf.jobs.v1.Jobs/Wait': 'infer',
  '/sheaf.jobs.v1.Jobs/List': submittedOr('observe'),
  '/sheaf.jobs.v1.Jobs/Cancel': submittedOr('admin'),
  '/sheaf.jobs.v1.Jobs/Delete': 'infer',
  '/sheaf.jobs.v1.Jobs/Retry': submittedOr('admin'),
  '/google.longrunning.Operations/ListOperations': 'infer',
  '/google.longrunning.Operations/GetOperation': 'infer',
  '/google.longrunning.Operations/DeleteOperation': 'infer',
  '/google.longrunning.Operations/CancelOperation': 'infer',
  '/google.longrunning.Operations/WaitOperation': 'infer',
  '/sheaf.predictions.v1.Predictions/Get': 'infer',
  '/sheaf.predictions.v1.Predictions/BatchGet': 'infer',
};

/** Not List: that is for whoever may observe. */
const openMethods: Readonly<Record<OpenMethods, readonly string[]>> = {
  health: ['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch'],
  reflection: [
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  ],
};

/** What a caller shows, whatever brought it. */
export interface Shown {
  readonly method: string;
  readonly metadata: (key: string) => string | undefined;
  readonly peer: Parameters<Authenticate>[0]['certificate'];
  /** Where the connection comes from; undefined where it has no address. */
  readonly address?: string | undefined;
  /** Told who it is as soon as that is known, also where the call is then refused. */
  readonly onKnown?: ((principal: Principal) => void) | undefined;
}

/** Nobody in particular: what only opened methods are called by. */
const stranger: Principal = {
  id: 'anonymous',
  tenant: 'anonymous',
  roles: [],
  models: [],
  priority: 'sheddable',
  claims: {},
};

/** Answers on whose behalf a call is, or throws UNAUTHENTICATED or PERMISSION_DENIED. */
export function createAdmission(
  authenticate: Authenticate,
  open: readonly OpenMethods[],
  addresses?: AddressRules,
): (shown: Shown) => Principal | Promise<Principal> {
  const checkAddress = createAddressCheck(addresses);
  const opened = new Set(open.flatMap((service) => openMethods[service]));
  const authorised = (principal: Principal, { method, address, onKnown }: Shown): Principal => {
    onKnown?.(principal);
    checkAddress.principal(principal, address);
    return withRole(principal, method);
  };
  return (shown) => {
    const { method, metadata, peer, address } = shown;
    // First, since it costs next to nothing.
    checkAddress.address(address);
    if (opened.has(method)) return stranger;
    const principal = authenticate({
      apiKey: metadata('x-api-key'),
      authorization: metadata('authorization'),
      certificate: peer,
      metadata,
      ...(address !== undefined && { address }),
    });
    return principal instanceof Promise
      ? principal.then((known) => authorised(known, shown))
      : authorised(principal, shown);
  };
}

/** A method that nobody has goes on: it is answered as what it is, to those who have shown who they are. */
function withRole(principal: Principal, method: string): Principal {
  const wanted = Object.hasOwn(methodRoles, method) ? methodRoles[method] : 'any';
  if (wanted === undefined || wanted === 'any') return principal;
  // Who may change the mesh may also look at it, and bring what it is changed to.
  const mayBe = (role: Role): boolean =>
    principal.roles.includes(role) || (role !== 'infer' && principal.roles.includes('admin'));
  const oneOf = typeof wanted === 'string' ? [wanted] : wanted;
  if (oneOf.some(mayBe)) return principal;
  const role = oneOf.join(' or ');
  throw InferError.withoutStack('PERMISSION_DENIED', `this method wants the role ${role}`, {
    reason: 'ROLE_MISSING',
    metadata: { role },
    decision: 'authorisation',
  });
}
