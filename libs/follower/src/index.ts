export {
  createFollower,
  type Follower,
  type FollowerOptions,
  type FollowerStatus,
  type FollowingMesh,
  type TrialCandidate,
} from './follower.ts';
export { registrySource } from './registry-source.ts';
export type { RegistrySource, SourceEntry, SourceSnapshot, SourceVersion } from './source.ts';
