// Original file: proto/sheaf/admin/v1/admin.proto

export const ForcedState = {
  FORCED_STATE_UNSPECIFIED: 'FORCED_STATE_UNSPECIFIED',
  OPEN: 'OPEN',
  CLOSED: 'CLOSED',
  AUTO: 'AUTO',
} as const;

export type ForcedState =
  | 'FORCED_STATE_UNSPECIFIED'
  | 0
  | 'OPEN'
  | 1
  | 'CLOSED'
  | 2
  | 'AUTO'
  | 3

export type ForcedState__Output = typeof ForcedState[keyof typeof ForcedState]
