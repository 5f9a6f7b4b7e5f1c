// Original file: proto/sheaf/registry/v1/registry.proto

import type { Alias as _sheaf_registry_v1_Alias, Alias__Output as _sheaf_registry_v1_Alias__Output } from '../../../sheaf/registry/v1/Alias.ts';
import type { Long } from '@grpc/proto-loader';

export interface Entry {
  'kind'?: (string);
  'name'?: (string);
  'versionCount'?: (number | string | Long);
  'newest'?: (number | string | Long);
  'aliases'?: (_sheaf_registry_v1_Alias)[];
}

export interface Entry__Output {
  'kind': (string);
  'name': (string);
  'versionCount': (number);
  'newest': (number);
  'aliases': (_sheaf_registry_v1_Alias__Output)[];
}
