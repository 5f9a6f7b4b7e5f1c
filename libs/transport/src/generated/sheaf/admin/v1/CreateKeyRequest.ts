// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface CreateKeyRequest {
  'tenant'?: (string);
  'roles'?: (string)[];
  'models'?: (string)[];
  'priority'?: (string);
  'note'?: (string);
  'expiresInMs'?: (number | string | Long);
}

export interface CreateKeyRequest__Output {
  'tenant': (string);
  'roles': (string)[];
  'models': (string)[];
  'priority': (string);
  'note': (string);
  'expiresInMs': (number);
}
