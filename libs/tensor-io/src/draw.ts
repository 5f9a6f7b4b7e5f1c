import { type Datatype, InferError, type Tensor } from '@sheaf/inference';
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

/** A text of more characters hides what is above the box that it is written over. */
const charsAbove = 8;
/** Of a text that is as long as a page. */
const charsMax = 200;

type Point = readonly [x: number, y: number];

/** What can be drawn of an answer, each by its row. */
interface Found {
  /** The corners of each, in pixels of the image. */
  readonly shapes: readonly (readonly Point[])[];
  readonly labels: readonly string[];
  readonly scores: readonly number[];
  readonly votes: readonly (readonly string[])[];
  /** The labels are lines of text: they stand on a sheet beside the image, each in its place. */
  readonly areTexts: boolean;
}

/**
 * Draws an answer that has boxes (floats `[n, 4]`: left, top, right, bottom) or quadrilaterals (numbers `[n, 4, 2]`: the corners in turn, x before y) on its
 * image, as a PNG. Of the other outputs it takes what has a row for each: a label (BYTES or INT64 `[n]`), a score (floats `[n]`, which chooses the
 * colour), the members' votes (INT64 or BYTES `[n, members]`). Texts of quadrilaterals, and texts of more than a few letters, stand on a
 * white sheet beside the image.
 */
export async function drawBoxes(image: Image, outputs: readonly Tensor[]): Promise<Buffer> {
  const { shapes, labels, scores, votes, areTexts } = find(outputs);
  const scale = Math.max(1, Math.round(widthWanted / image.width));
  const width = image.width * scale;
  const canvas = await Canvas.create(areTexts ? 2 * width : width, image.height * scale + 2 * marginPixels);
  drawImage(canvas, image, scale);
  for (const [row, shape] of shapes.entries()) {
    const corners = shape.map(([x, y]): Point => [x * scale, y * scale + marginPixels]);
    const score = scores[row];
    const colour = score === undefined || score >= 0.8 ? green : score >= 0.5 ? amber : red;
    outline(canvas, corners, colour);
    const { left, top, right, bottom } = around(corners);
    const middle = (left + right) / 2;
    const label = labels[row];
    if (areTexts) {
      outline(
        canvas,
        corners.map(([x, y]): Point => [x + width, y]),
        colour,
        1,
      );
      canvas.write((label ?? '').slice(0, charsMax), left + width, leftMiddle(corners), 'small', 'right of');
      continue;
    }
    if (label !== undefined) canvas.write(label, middle, top - 42, 'large');
    const below = [
      ...(score === undefined ? [] : [score.toFixed(2)]),
      ...(votes[row] && new Set(votes[row]).size > 1 ? [`votes ${votes[row].join(' ')}`] : []),
    ];
    for (const [line, text] of below.entries()) canvas.write(text, middle, bottom + 4 + line * linePixels, 'small');
  }
  return canvas.toPng();
}

const floatDatatypes: readonly Datatype[] = ['FP16', 'BF16', 'FP32', 'FP64'];

function find(outputs: readonly Tensor[]): Found {
  const isShapes = ({ datatype, shape }: Tensor): boolean =>
    (shape.length === 2 && shape[1] === 4 && floatDatatypes.includes(datatype)) ||
    (shape.length === 3 && shape[1] === 4 && shape[2] === 2 && datatype !== 'BYTES' && datatype !== 'BOOL');
  const drawn = outputs.find(isShapes);
  if (!drawn)
    throw new InferError(
      'INVALID_ARGUMENT',
      'nothing can be drawn: the answer has no boxes (FP32 [n, 4]) and no quadrilaterals (FP32 or integers [n, 4, 2])',
    );
  const [count = 0] = drawn.shape;
  const others = outputs.filter((tensor) => tensor !== drawn && tensor.shape[0] === count);
  const pick = (rank: number, ...datatypes: readonly Datatype[]): Tensor | undefined =>
    others.find(({ datatype, shape }) => shape.length === rank && datatypes.includes(datatype));
  const labels = pick(1, 'BYTES') ?? pick(1, 'INT64');
  const [scores, votes] = [pick(1, ...floatDatatypes), pick(2, 'INT64', 'BYTES')];
  const texts = labels ? jsonElements(labels).map((label) => String(label).replace(/\s+/g, ' ')) : [];
  return {
    shapes: shapesOf(drawn),
    labels: texts,
    scores: scores ? jsonElements(scores).map(Number) : [],
    votes: votes ? rows(jsonElements(votes).map(String), votes.shape[1] ?? 0) : [],
    areTexts:
      labels?.datatype === 'BYTES' && (drawn.shape.length === 3 || texts.some(({ length }) => length > charsAbove)),
  };
}

/** What is not a number, or lies far off, has no place on the sheet. */
const coordinateMax = 1e5;

function shapesOf(drawn: Tensor): Point[][] {
  const numbers = jsonElements(drawn).map((value) => {
    const number = Number(value);
    return Number.isNaN(number) ? 0 : Math.max(-coordinateMax, Math.min(number, coordinateMax));
  });
  if (drawn.shape.length === 3) return rows(rows(numbers, 2) as [number, number][], 4);
  return rows(numbers, 4).map(([left = 0, top = 0, right = 0, bottom = 0]) => [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]);
}

/** The height at which a text begins, where its line is not level: between the two corners on the left. */
function leftMiddle(corners: readonly Point[]): number {
  const [[, a] = [0, 0], [, b] = [0, 0]] = corners.toSorted(([x], [other]) => x - other);
  return (a + b) / 2;
}

function around(corners: readonly Point[]) {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

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

/** A rectangle is framed on its outside, so that nothing of what is in it is hidden. */
function outline(canvas: Canvas, corners: readonly Point[], colour: Colour, thickness = lineWidth): void {
  const { left, top, right, bottom } = around(corners);
  const isUpright = corners.every(([x, y]) => (x === left || x === right) && (y === top || y === bottom));
  if (isUpright) {
    frame(canvas, [left, top, right - left, bottom - top], colour, thickness);
    return;
  }
  for (const [index, corner] of corners.entries())
    canvas.line(corner, corners[(index + 1) % corners.length] as Point, colour, thickness);
}

function frame(canvas: Canvas, box: readonly number[], colour: Colour, thickness: number): void {
  const [x, y, w, h] = box.map(Math.round) as [number, number, number, number];
  canvas.fill(x - thickness, y - thickness, w + 2 * thickness, thickness, colour);
  canvas.fill(x - thickness, y + h, w + 2 * thickness, thickness, colour);
  canvas.fill(x - thickness, y, thickness, h, colour);
  canvas.fill(x + w, y, thickness, h, colour);
}
