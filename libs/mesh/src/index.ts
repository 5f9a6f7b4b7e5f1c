export { checkCode } from './code-digest.ts';
export { contentChanged } from './content-changed.ts';
export { countingProblem, countingVariables, findShared, type SharedFinding } from './counting.ts';
export { contentDigest, fingerprint } from './fingerprint.ts';
export { followLimits } from './fit-limits.ts';
export { policiesKeptProblem, trustKeptProblem } from './in-force.ts';
export { checkedSignature, type SeenSignatures, signatureIn } from './judge-pipelines.ts';
export { isKept } from './keep-services.ts';
export { readKeyDaysMax } from './key-terms.ts';
export { meshDocument, meshSchema, resilienceDefault } from './language/mesh-document.ts';
export { modelDocument, modelSchema } from './language/model-document.ts';
export { type Expected, type Fake, type PipelineTest, testDocument, testsSchema } from './language/tests-document.ts';
export {
  type ForeignTls,
  type Mesh,
  type MeshPipeline,
  type MeshTls,
  type MeshTransform,
  type Model,
  type ModelVersion,
  type OutPart,
  type Resilience,
  type SecretPlace,
  type Sent,
  type Service,
  transformName,
  type VersionContent,
  type VersionFile,
} from './mesh.ts';
export { formatProblem, type MeshProblem, outText } from './problem.ts';
export { type MeshReading, readMesh } from './read-mesh.ts';
export { transformsOf } from './read-pipelines.ts';
export { readTests, type TestFile } from './read-tests.ts';
export { meshExample, meshPage, meshSnippets } from './reference/mesh-page.ts';
export { modelExample, modelPage } from './reference/model-page.ts';
export { testsExample, testsPage } from './reference/tests-page.ts';
export { runThreads, threadsLine } from './run-threads.ts';
export { setTls, type TlsSections } from './set-tls.ts';
export { transformPlace } from './transform-place.ts';
export { checkContent } from './version-content.ts';
