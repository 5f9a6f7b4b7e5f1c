import {
  type Elements,
  elements,
  explanationParameter,
  InferError,
  parseExplanation,
  type Tensor,
} from '@sheaf/inference';
import { decodeImage, imageTensor } from '@sheaf/tensor-io';
import type { Remote } from '@sheaf/transport';
import { ask } from '@sheaf/transport';

export interface LabelledPage {
  readonly file: string;
  readonly text: string;
  /** x0, y0, x1, y1 in pixels, left to right. */
  readonly boxes: readonly (readonly [number, number, number, number])[];
}

export interface Reading {
  readonly file: string;
  readonly text: string;
  readonly confidence: readonly number[];
  readonly boxes: readonly (readonly number[])[];
  /** For each box, what each member of the ensemble would have said alone, in the order of their names. */
  readonly votes: readonly (readonly string[])[];
  readonly elapsedMs: number;
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
  /** Which version of what answered, as the gateway says. */
  readonly versions: string;
  /** Members of the ensemble that did not answer. */
  readonly missing: readonly string[];
}

const page = { name: 'page', datatype: 'UINT8', shape: [-1, -1] } as const;

/** Sends one page, a PNG or JPEG file, through the gateway. */
export async function readPage(gateway: Remote, bytes: Uint8Array, file: string): Promise<Reading> {
  const tensor = imageTensor(await decodeImage(bytes), page);
  const { response, elapsedMs } = await ask(gateway, 'read-postcode', [tensor], { explain: true });
  const { outputs, parameters } = response;
  const boxes = Array.from(output(outputs, 'boxes', 'FP32'));
  const votes = Array.from(output(outputs, 'votes', 'INT64'), String);
  const digits = Array.from(output(outputs, 'digits', 'INT64'), String);
  const explanation = parseExplanation(parameters.get(explanationParameter));
  return {
    file,
    text: digits.join(''),
    confidence: Array.from(output(outputs, 'confidence', 'FP32')),
    boxes: rows(boxes, 4),
    votes: rows(votes, votes.length / Math.max(digits.length, 1)),
    elapsedMs,
    stages: (explanation?.children ?? []).filter(({ kind }) => kind === 'stage').map(({ name, ms }) => ({ name, ms })),
    versions: String(parameters.get('sheaf_versions') ?? ''),
    missing: missingFrom(String(parameters.get('sheaf_ensembles') ?? '{}')),
  };
}

/** `told` is JSON: of each ensemble the members used, with their weights, and the codes of those missing. */
const missingFrom = (told: string): string[] =>
  Object.values(JSON.parse(told) as Record<string, { missing: Record<string, string> }>).flatMap(({ missing }) =>
    Object.keys(missing),
  );

const rows = <T>(values: readonly T[], width: number): T[][] =>
  values.length === 0
    ? []
    : Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width));

function output<D extends 'INT64' | 'FP32'>(outputs: readonly Tensor[], name: string, datatype: D): Elements[D] {
  const tensor = outputs.find((candidate) => candidate.name === name);
  if (tensor?.datatype !== datatype)
    throw new InferError('INTERNAL', `the answer has no output "${name}" of ${datatype}`);
  return elements({ ...tensor, datatype });
}
