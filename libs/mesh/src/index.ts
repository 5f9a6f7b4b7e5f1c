export { formatProblem, goldenFile, readAlone } from './alone.ts';
export {
  type AskedSubject,
  askedIn,
  type BatchesReading,
  type DeclaredBatch,
  readBatches,
} from './batches/read-batches.ts';
export { fingerprint } from './content/fingerprint.ts';
export {
  checkCode,
  checkContent,
  contentChanged,
  contentDigest,
  runThreads,
  transformPlace,
} from './content/index.ts';
export { pipelineDigest, policiesDigest } from './digests.ts';
export { snapshotOf } from './folder-snapshot.ts';
export { policiesKeptProblem, trustKeptProblem } from './in-force.ts';
export type { Callbacks, Jobs } from './jobs.ts';
export { type BatchDeclaration, batchDocument, batchSchema } from './language/batch-document.ts';
export { meshDocument, meshSchema, resilienceDefault } from './language/mesh-document.ts';
export { modelDocument, modelSchema } from './language/model-document.ts';
export {
  type Expected,
  type Fake,
  type GoldenTest,
  type PipelineTest,
  testDocument,
  testsSchema,
} from './language/tests-document.ts';
export { askedBy, everything, namesIn } from './loaded-part.ts';
export {
  type ForeignTls,
  type Mesh,
  type MeshPipeline,
  type MeshTls,
  type MeshTransform,
  type Model,
  type ModelVersion,
  type OutPart,
  type RegistryPlace,
  type Resilience,
  type SecretPlace,
  type Sent,
  type Service,
  type Steering,
  transformName,
  type VersionContent,
  type VersionFile,
} from './mesh.ts';
export { readGolden } from './models/read-golden.ts';
export { checkedSignature, type SeenSignatures, signatureIn } from './pipelines/judge-pipelines.ts';
export { transformsOf } from './pipelines/read-pipelines.ts';
export { readTests, type TestFile, type TestsReading } from './pipelines/read-tests.ts';
export { countingProblem, countingVariables, findShared, type SharedFinding } from './policies/counting.ts';
export { readKeyDaysMax } from './policies/key-terms.ts';
export { type MeshProblem, outText } from './problem.ts';
export { type MeshReading, type ReadOptions, readMesh } from './read-mesh.ts';
export { batchExample, batchPage } from './reference/batch-page.ts';
export { meshExample, meshPage, meshSnippets } from './reference/mesh-page.ts';
export { modelExample, modelPage } from './reference/model-page.ts';
export { goldenExample, testsExample, testsPage } from './reference/tests-page.ts';
export { pipelineFile } from './registry/kept-pipeline.ts';
export {
  encodeView,
  formerViewFile,
  isDigest,
  isInside,
  readView,
  type View,
  type ViewEntry,
  type ViewOut,
  type ViewPin,
  type ViewReading,
  type ViewVersion,
  versionFolder,
  viewFile,
  viewFolder,
  withViewAliases,
} from './registry/view.ts';
export { championOf } from './registry/view-models.ts';
export { followLimits } from './services/fit-limits.ts';
export { isKept } from './services/keep-services.ts';
export { type MetricsPlace, metricsPlace } from './services/metrics-place.ts';
export { pushRules, signatureTrust, trialRules } from './services/read-now.ts';
export { registryPlace } from './services/registry-place.ts';
export { threadsLine } from './services/run-threads.ts';
export { setTls, type TlsSections } from './services/set-tls.ts';
export { steeringProblem } from './steering.ts';
export { parseYaml, readYaml } from './yaml-file.ts';
