// Original file: proto/sheaf/registry/v1/registry.proto

import type { Version as _sheaf_registry_v1_Version, Version__Output as _sheaf_registry_v1_Version__Output } from '../../../sheaf/registry/v1/Version.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListVersionsResponse {
  'versions'?: (_sheaf_registry_v1_Version)[];
  'next'?: (number | string | Long);
}

export interface ListVersionsResponse__Output {
  'versions': (_sheaf_registry_v1_Version__Output)[];
  'next': (number);
}
