import { randomBytes } from 'node:crypto';
import { createTensor, elements, InferError, Journal, monotonicClock, type Tensor, tensorOf } from '@sheaf/inference';
import type { Remote } from '@sheaf/transport';
import { PNG } from 'pngjs';

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
  readonly elapsedMs: number;
  /** Which version of what answered, as the gateway says. */
  readonly versions: string;
}

/** A PNG as the pipeline wants it: one byte a pixel, `[height, width]`. */
export function pageTensor(png: Buffer): Tensor {
  const { width, height, data } = PNG.sync.read(png);
  const grey = Uint8Array.from({ length: width * height }, (_, pixel) => data[4 * pixel] ?? 0);
  return tensorOf('page', 'UINT8', [height, width], grey);
}

export async function readPage(door: Remote, png: Buffer, file: string): Promise<Reading> {
  const journal = new Journal();
  const context = {
    clock: monotonicClock,
    deadline: monotonicClock.now() + 5_000,
    signal: new AbortController().signal,
    snapshot: { epoch: 0 },
    journal,
    span: journal.start('request', file, undefined),
  };
  const request = {
    model: 'read-postcode',
    version: '',
    id: randomBytes(4).toString('hex'),
    parameters: new Map(),
    inputs: [pageTensor(png)],
    outputs: [],
  };
  const startedAt = performance.now();
  const response = await door.infer(request, context);
  const elapsedMs = performance.now() - startedAt;
  const boxes = output(response.outputs, 'boxes', 'FP32');
  return {
    file,
    text: Array.from(output(response.outputs, 'digits', 'INT64')).join(''),
    confidence: Array.from(output(response.outputs, 'confidence', 'FP32')),
    boxes: Array.from({ length: boxes.length / 4 }, (_, index) => Array.from(boxes.subarray(4 * index, 4 * index + 4))),
    elapsedMs,
    versions: String(response.parameters.get('sheaf_versions') ?? ''),
  };
}

function output<D extends 'INT64' | 'FP32'>(outputs: readonly Tensor[], name: string, datatype: D) {
  const tensor = outputs.find((candidate) => candidate.name === name);
  if (!tensor) throw new InferError('INTERNAL', `the answer has no output "${name}"`);
  return elements({ ...createTensor(tensor), datatype });
}

type Box = readonly number[];

/** Intersection over union of two boxes. */
export function overlap(a: Box, b: Box): number {
  const [ax0 = 0, ay0 = 0, ax1 = 0, ay1 = 0] = a;
  const [bx0 = 0, by0 = 0, bx1 = 0, by1 = 0] = b;
  const shared =
    Math.max(0, Math.min(ax1, bx1) - Math.max(ax0, bx0)) * Math.max(0, Math.min(ay1, by1) - Math.max(ay0, by0));
  const union = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared;
  return union === 0 ? 0 : shared / union;
}

/** Edits from one text to the other (Levenshtein): a digit missed, invented or misread counts one. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (left === right ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export interface Figures {
  /** 1 - edits / digits on the pages. */
  readonly digits: number;
  /** Pages whose whole text is right. */
  readonly pages: number;
  /** True boxes that a found one overlaps with IoU >= 0.5. */
  readonly boxes: number;
}

/** A page without an answer counts as wrong. */
export function score(pages: readonly LabelledPage[], readings: readonly Reading[]): Figures {
  const byFile = new Map(readings.map((reading) => [reading.file, reading]));
  let digits = 0;
  let wrong = 0;
  let right = 0;
  let found = 0;
  for (const { file, text, boxes } of pages) {
    const reading = byFile.get(file);
    digits += text.length;
    wrong += reading ? edits(reading.text, text) : text.length;
    if (reading?.text === text) right++;
    found += boxes.filter((box) => reading?.boxes.some((candidate) => overlap(box, candidate) >= 0.5)).length;
  }
  return { digits: 1 - wrong / digits, pages: right / pages.length, boxes: found / digits };
}
