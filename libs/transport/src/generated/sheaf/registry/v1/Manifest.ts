// Original file: proto/sheaf/registry/v1/registry.proto

import type { File as _sheaf_registry_v1_File, File__Output as _sheaf_registry_v1_File__Output } from '../../../sheaf/registry/v1/File.ts';
import type { TimeWindow as _sheaf_registry_v1_TimeWindow, TimeWindow__Output as _sheaf_registry_v1_TimeWindow__Output } from '../../../sheaf/registry/v1/TimeWindow.ts';
import type { Pin as _sheaf_registry_v1_Pin, Pin__Output as _sheaf_registry_v1_Pin__Output } from '../../../sheaf/registry/v1/Pin.ts';

export interface Manifest {
  'files'?: (_sheaf_registry_v1_File)[];
  'labels'?: ({[key: string]: string});
  'parent'?: (string);
  'producer'?: (string);
  'trainingWindow'?: (_sheaf_registry_v1_TimeWindow | null);
  'featureView'?: (string);
  'metrics'?: ({[key: string]: number | string});
  'pins'?: (_sheaf_registry_v1_Pin)[];
  'signatureJson'?: (string);
  'batchingJson'?: (string);
}

export interface Manifest__Output {
  'files': (_sheaf_registry_v1_File__Output)[];
  'labels': ({[key: string]: string});
  'parent': (string);
  'producer': (string);
  'trainingWindow': (_sheaf_registry_v1_TimeWindow__Output | null);
  'featureView': (string);
  'metrics': ({[key: string]: number});
  'pins': (_sheaf_registry_v1_Pin__Output)[];
  'signatureJson': (string);
  'batchingJson': (string);
}
