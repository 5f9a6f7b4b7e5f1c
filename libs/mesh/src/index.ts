export { countingProblem, redisUrlProblem } from './counting.ts';
export { fingerprint } from './fingerprint.ts';
export { followLimits } from './fit-limits.ts';
export {
  type ForeignTls,
  type Mesh,
  type MeshPipeline,
  type MeshTls,
  type MeshTransform,
  type Model,
  type ModelVersion,
  type Resilience,
  resilienceDefault,
  type SecretPlace,
  type Sent,
  type Service,
  transformName,
} from './mesh.ts';
export { formatProblem, type MeshProblem } from './problem.ts';
export { checkedSignature, type MeshReading, readMesh, signatureIn } from './read-mesh.ts';
export { type Expected, type Fake, type PipelineTest, readTests, type TestFile } from './read-tests.ts';
export { runThreads, threadsLine } from './run-threads.ts';
