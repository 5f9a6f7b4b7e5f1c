export { type AdminClient, allKeys, createAdminClient } from './client/admin-client.ts';
export { type AdminPorts, createAdminService } from './service/admin-service.ts';
export { createKeyService, type KeyCalls, type KeyService, type KeyServicePorts } from './service/keys.ts';
export type { LogLevelPorts } from './service/log-levels.ts';
export type { QuarantinePorts } from './service/quarantine.ts';
