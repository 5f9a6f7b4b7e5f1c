// Original file: proto/sheaf/admin/v1/admin.proto


export interface Bucket {
  'whose'?: ({[key: string]: string});
  'remaining'?: (number | string);
  'resetMs'?: (number | string);
}

export interface Bucket__Output {
  'whose': ({[key: string]: string});
  'remaining': (number);
  'resetMs': (number);
}
