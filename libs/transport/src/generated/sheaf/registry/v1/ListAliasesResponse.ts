// Original file: proto/sheaf/registry/v1/registry.proto

import type { Alias as _sheaf_registry_v1_Alias, Alias__Output as _sheaf_registry_v1_Alias__Output } from '../../../sheaf/registry/v1/Alias.ts';

export interface ListAliasesResponse {
  'aliases'?: (_sheaf_registry_v1_Alias)[];
}

export interface ListAliasesResponse__Output {
  'aliases': (_sheaf_registry_v1_Alias__Output)[];
}
