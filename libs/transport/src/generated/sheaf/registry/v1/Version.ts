// Original file: proto/sheaf/registry/v1/registry.proto

import type { Manifest as _sheaf_registry_v1_Manifest, Manifest__Output as _sheaf_registry_v1_Manifest__Output } from '../../../sheaf/registry/v1/Manifest.ts';
import type { Long } from '@grpc/proto-loader';

export interface Version {
  'kind'?: (string);
  'name'?: (string);
  'version'?: (number | string | Long);
  'digest'?: (string);
  'manifest'?: (_sheaf_registry_v1_Manifest | null);
  'createdAtMs'?: (number | string | Long);
  'by'?: (string);
  'state'?: (string);
  'why'?: (string);
  'aliases'?: (string)[];
  'trialJson'?: (string);
  'signatures'?: (string)[];
}

export interface Version__Output {
  'kind': (string);
  'name': (string);
  'version': (number);
  'digest': (string);
  'manifest': (_sheaf_registry_v1_Manifest__Output | null);
  'createdAtMs': (number);
  'by': (string);
  'state': (string);
  'why': (string);
  'aliases': (string)[];
  'trialJson': (string);
  'signatures': (string)[];
}
