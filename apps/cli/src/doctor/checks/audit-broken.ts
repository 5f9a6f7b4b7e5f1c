import { type Check, finding } from '../finding.ts';

export const auditBroken: Check = ({ gateway }) =>
  gateway && gateway.auditBrokenAt > 0
    ? [
        finding(
          'error',
          `the audit trail is not what was written, from entry ${gateway.auditBrokenAt} on`,
          'sheaf admin audit --verify --heads <log>; keep the file .sheaf/state.db as evidence',
        ),
      ]
    : [];
