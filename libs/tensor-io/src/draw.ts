import { type Datatype, type Elements, elements, InferError, type Tensor } from '@sheaf/inference';
import { Canvas, type Colour, type Image } from './image.ts';
import { jsonElements } from './json.ts';

const green: Colour = [30, 140, 60];
const amber: Colour = [210, 130, 0];
const red: Colour = [200, 40, 40];

/** The picture is scaled up by a whole number to about this width. */
const widthWanted = 1000;
/** Room for what is written above the highest and below the lowest box. */
const marginPixels = 56;
const linePixels = 18;

/** What can be drawn of an answer, each by its row. */
interface Found {
  /** Left, top, right, bottom in pixels of the image. */
  readonly boxes: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly scores: readonly number[];
  readonly votes: readonly (readonly string[])[];
}

/**
 * Draws an answer that has boxes (FP32 `[n, 4]`: left, top, right, bottom) on its image, as a PNG. Of the other outputs it takes what has a row
 * for each box: a label (INT64 or BYTES `[n]`), a score (FP32 `[n]`, which chooses the colour), the members' votes (INT64 `[n, members]`).
 */
export async function drawBoxes(image: Image, outputs: readonly Tensor[]): Promise<Buffer> {
  const { boxes, labels, scores, votes } = find(outputs);
  const scale = Math.max(1, Math.round(widthWanted / image.width));
  const canvas = await Canvas.create(image.width * scale, image.height * scale + 2 * marginPixels);
  drawImage(canvas, image, scale);
  for (const [row, [left = 0, top = 0, right = 0, bottom = 0]] of boxes.entries()) {
    const score = scores[row];
    const colour = score === undefined || score >= 0.8 ? green : score >= 0.5 ? amber : red;
    const [x, y] = [left * scale, top * scale + marginPixels];
    const [width, height] = [(right - left) * scale, (bottom - top) * scale];
    frame(canvas, x, y, width, height, colour);
    if (labels[row] !== undefined) canvas.write(labels[row], x + width / 2, y - 42, 'large');
    const below = [
      ...(score === undefined ? [] : [score.toFixed(2)]),
      ...(votes[row] && new Set(votes[row]).size > 1 ? [`votes ${votes[row].join(' ')}`] : []),
    ];
    for (const [line, text] of below.entries())
      canvas.write(text, x + width / 2, y + height + 4 + line * linePixels, 'small');
  }
  return canvas.toPng();
}

function find(outputs: readonly Tensor[]): Found {
  const boxes = outputs.find(({ datatype, shape }) => datatype === 'FP32' && shape.length === 2 && shape[1] === 4);
  if (!boxes) throw new InferError('INVALID_ARGUMENT', 'nothing can be drawn: the answer has no boxes (FP32 [n, 4])');
  const [count = 0] = boxes.shape;
  const others = outputs.filter((tensor) => tensor !== boxes && tensor.shape[0] === count);
  const pick = (rank: number, ...datatypes: Datatype[]): Tensor | undefined =>
    others.find(({ datatype, shape }) => shape.length === rank && datatypes.includes(datatype));
  const [labels, scores, votes] = [pick(1, 'INT64', 'BYTES'), pick(1, 'FP32'), pick(2, 'INT64')];
  return {
    boxes: rows(Array.from(values(boxes, 'FP32')), 4),
    labels: labels ? jsonElements(labels).map(String) : [],
    scores: scores ? Array.from(values(scores, 'FP32')) : [],
    votes: votes ? rows(jsonElements(votes).map(String), votes.shape[1] ?? 0) : [],
  };
}

const values = <D extends keyof Elements>(tensor: Tensor, datatype: D): Elements[D] =>
  elements({ ...tensor, datatype });

function rows<T>(all: readonly T[], width: number): T[][] {
  return Array.from({ length: width === 0 ? 0 : all.length / width }, (_, row) =>
    all.slice(row * width, (row + 1) * width),
  );
}

function drawImage(canvas: Canvas, { width, height, data }: Image, scale: number): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const colour: Colour = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
      canvas.fill(x * scale, y * scale + marginPixels, scale, scale, colour);
    }
}

const lineWidth = 3;

function frame(canvas: Canvas, left: number, top: number, width: number, height: number, colour: Colour): void {
  const [x, y, w, h] = [left, top, width, height].map(Math.round) as [number, number, number, number];
  canvas.fill(x - lineWidth, y - lineWidth, w + 2 * lineWidth, lineWidth, colour);
  canvas.fill(x - lineWidth, y + h, w + 2 * lineWidth, lineWidth, colour);
  canvas.fill(x - lineWidth, y, lineWidth, h, colour);
  canvas.fill(x + w, y, lineWidth, h, colour);
}
