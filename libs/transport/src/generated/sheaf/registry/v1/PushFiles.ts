// Original file: proto/sheaf/registry/v1/registry.proto

import type { File as _sheaf_registry_v1_File, File__Output as _sheaf_registry_v1_File__Output } from '../../../sheaf/registry/v1/File.ts';

export interface PushFiles {
  'files'?: (_sheaf_registry_v1_File)[];
}

export interface PushFiles__Output {
  'files': (_sheaf_registry_v1_File__Output)[];
}
