/** The reference page of model.yaml, made from the definitions that it is read by. */
import { fenced, fieldsTable, kindsTable, section } from '@sheaf/document';
import {
  batchingFields,
  modelFields,
  queueFields,
  shareFields,
  versionPolicyVariants,
} from '../language/model-document.ts';

/** A whole file: read by the test of this page. */
export const modelExample = `
# yaml-language-server: $schema=../../schemas/model.schema.json
instances: 2
runLimitMs: 2000
providers: [cuda, cpu]
versionPolicy: { latest: 2 }
batching: { maxRows: 32, maxQueueDelayMs: 2 }
queue: { callsMax: 64 }
`;

const notes = [
  '- `providers`: each before the one that runs the model is reported when the service starts. npm brings `cpu` and `webgpu` for Linux, `dml` too for Windows, and `coreml` for macOS. The libraries of `cuda` and `tensorrt` (Linux on x64) are fetched by `node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install`.',
  '- `memoryMaxMb` is about the process of the service. Its `memory` in [mesh.yaml](mesh.md) should be well above: what passes that is killed.',
  '- `enableCpuMemArena` and `enableMemPattern` are terms of ONNX Runtime. With its arena a session keeps what its largest run has taken; without, a run gives back what it took. [What that costs](../../libs/mesh/README.md#why).',
  '- `sha256` of a model that keeps weights in files is that of all of them: `cat model.onnx model.onnx.data | sha256sum`.',
  '- `intraOpThreads`: [how threads are shared out](mesh.md#services).',
].join('\n');

/** The text of docs/reference/model.md. */
export const modelPage = (): string =>
  `${[
    '# model.yaml',
    'How one model is served: `models/<name>/model.yaml`, for all versions of the model. The file may be missing, and so may every key in it. `sheaf check` finds every mistake, with its line. This page is generated (`npm run reference`).',
    fenced(modelExample),
    'A `?` after a key says that it may be left out.',
    fieldsTable(modelFields),
    notes,
    section(
      'batching',
      'Calls of a model share its runs where its rows are shown to be independent when it is loaded ([how](../../libs/runtime/README.md#batching)); `sheaf check` says of each model whether they do, and why not.',
      fieldsTable(batchingFields),
      '`true`, or `rowsIndependent: true`, is your word: calls then share runs whatever was shown. If it is not true, callers get answers that depend on strangers. `false` is never.',
    ),
    section('queue', fieldsTable(queueFields), '### queue.shares', fieldsTable(shareFields)),
    section('versionPolicy', '`all`, or one of these:', kindsTable(versionPolicyVariants.kinds)),
  ].join('\n\n')}\n`;
