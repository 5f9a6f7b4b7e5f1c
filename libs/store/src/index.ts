export { chainStart, follow } from './audit-chain.ts';
export { createMemoryState, type MemoryStateOptions } from './memory-state.ts';
export { openState, type StateOptions } from './open-state.ts';
export type {
  ApiKey,
  AuditEntry,
  AuditHead,
  AuditLog,
  ChainedEntry,
  KeyStore,
  KeyUse,
  QuotaBook,
  Rotation,
  State,
} from './state.ts';
