// Original file: proto/sheaf/registry/v1/registry.proto

import type { AliasMove as _sheaf_registry_v1_AliasMove, AliasMove__Output as _sheaf_registry_v1_AliasMove__Output } from '../../../sheaf/registry/v1/AliasMove.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListHistoryResponse {
  'moves'?: (_sheaf_registry_v1_AliasMove)[];
  'next'?: (number | string | Long);
}

export interface ListHistoryResponse__Output {
  'moves': (_sheaf_registry_v1_AliasMove__Output)[];
  'next': (number);
}
