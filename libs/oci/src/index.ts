export type { Artifact, ArtifactFile, PulledArtifact } from './artifact.ts';
export { type Credentials, readCredentials } from './distribution/credentials.ts';
export { formatReference, isReference, parseReference, type Reference } from './distribution/reference.ts';
export { pullArtifact, pushArtifact, type RegistryOptions } from './distribution/registry.ts';
export { type LayoutToRead, readLayout } from './layout/read-layout.ts';
export { writeLayout } from './layout/write-layout.ts';
export { type ArtifactLimits, artifactLimits } from './limits.ts';
export { readPieces } from './open-file.ts';
