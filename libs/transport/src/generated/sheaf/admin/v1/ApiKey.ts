// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface ApiKey {
  'id'?: (string);
  'tenant'?: (string);
  'roles'?: (string)[];
  'models'?: (string)[];
  'priority'?: (string);
  'note'?: (string);
  'createdAtMs'?: (number | string | Long);
  'expiresAtMs'?: (number | string | Long);
  'revokedAtMs'?: (number | string | Long);
  'rotatedAtMs'?: (number | string | Long);
  'replacedUntilMs'?: (number | string | Long);
  'lastUsedAtMs'?: (number | string | Long);
}

export interface ApiKey__Output {
  'id': (string);
  'tenant': (string);
  'roles': (string)[];
  'models': (string)[];
  'priority': (string);
  'note': (string);
  'createdAtMs': (number);
  'expiresAtMs': (number);
  'revokedAtMs': (number);
  'rotatedAtMs': (number);
  'replacedUntilMs': (number);
  'lastUsedAtMs': (number);
}
