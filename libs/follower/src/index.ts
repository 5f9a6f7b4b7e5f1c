export { createFollower } from './follower.ts';
export type { Follower, FollowerOptions, FollowerStatus, FollowingMesh, TrialCandidate } from './ports.ts';
export { registrySource } from './registry-source.ts';
export { remoteSource } from './remote-source.ts';
export { signedSource } from './signed-source.ts';
export type { RegistrySource, SourceEntry, SourceSnapshot, SourceVersion } from './source.ts';
