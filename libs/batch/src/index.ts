export { decodeOutputs, encodeOutputs, type PredictedRow, predictionRows } from './answers/row-outputs.ts';
export {
  type BatchSpec,
  batchDefaults,
  decodeBatchSpec,
  encodeBatchSpec,
  isInputFormat,
  type Validation,
} from './batch-spec.ts';
export { type DeclaredSpec, declaredSpec } from './declared-spec.ts';
export type { Predicted } from './export/predicted.ts';
export {
  createTableWriter,
  type ExportFormat,
  exportFormat,
  exportFormats,
  type TableWriter,
} from './export/table-writer.ts';
export {
  type ChunkPlace,
  type ChunkRange,
  type CutOptions,
  type FileStamp,
  type Input,
  type InputFormat,
  type InputSpec,
  inputFormats,
} from './input/input.ts';
export { openInput } from './input/open-input.ts';
export { compileMapping, mappingProblems } from './mapping/compile.ts';
export type { AskedRow, CompiledMapping, RowsOrError, RowsRequest } from './mapping/compiled.ts';
export { type Guess, type GuessFrom, guessMapping } from './mapping/guess.ts';
export type { Mapping, TensorMapping } from './mapping/mapping.ts';
export type { Cell, InputColumn, Row, RowError } from './rows/row.ts';
export { type ChunkAnswer, type ChunkRun, runChunk } from './run-chunk.ts';
export { dueTime, nextTime, type Schedule } from './schedule.ts';
export { compareSamples, type Moved, type OutputSample, sampleOutputs } from './validation/output-samples.ts';
export type { Stability } from './validation/psi.ts';
