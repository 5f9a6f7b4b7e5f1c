import { defineTransform } from '@sheaf/inference';

// Cuts every box out of the page and shrinks it to the 8x8 form the readers were trained on: ink 0..16, the longer side
// of the box fills the square, the shorter side is centred. train/crop.py is the same algorithm in Python.

const side = 8;
const full = 16;
const margin = 2; // Pixels of paper around the box, to see how light the paper is here.

export default defineTransform(
  {
    inputs: { image: { datatype: 'UINT8', shape: [-1, -1] }, boxes: { datatype: 'FP32', shape: ['n', 4] } },
    outputs: { digits: { datatype: 'FP32', shape: ['n', side * side] } },
    pure: true,
  },
  ({ image, boxes }) => {
    const [height = 0, width = 0] = image.shape;
    const [count = 0] = boxes.shape;
    const data = new Float32Array(count * side * side);
    for (let n = 0; n < count; n++) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = boxes.data.subarray(n * 4, n * 4 + 4);
      const box = {
        left: clamp(Math.round(x0), 0, width),
        top: clamp(Math.round(y0), 0, height),
        right: clamp(Math.round(x1), 0, width),
        bottom: clamp(Math.round(y1), 0, height),
      };
      data.set(shrink(image.data, width, height, box), n * side * side);
    }
    return { digits: { shape: [count, side * side], data } };
  },
);

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function shrink(page: Uint8Array, width: number, height: number, box: Box): Float64Array {
  const cells = new Float64Array(side * side);
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  if (wide <= 0 || high <= 0) return cells;
  const [paper, ink] = levels(page, width, height, box);
  const longer = Math.max(wide, high);
  const columns = overlaps(wide, longer);
  const rows = overlaps(high, longer);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const value = page[(box.top + y) * width + box.left + x] ?? 0;
      // The paper's grain lies below 0.15 and counts as none; above 0.85 it is all ink.
      const amount = clamp(((paper - value) / Math.max(paper - ink, 1) - 0.15) / 0.7, 0, 1);
      if (amount === 0) continue;
      for (const [row, above] of rows[y] ?? []) {
        for (const [column, across] of columns[x] ?? []) {
          const at = row * side + column;
          cells[at] = (cells[at] ?? 0) + full * amount * above * across;
        }
      }
    }
  }
  return cells;
}

/** The paper's and the ink's grey level near the box: its 90th and 5th percentile. */
function levels(page: Uint8Array, width: number, height: number, box: Box): [paper: number, ink: number] {
  const [left, right] = [Math.max(box.left - margin, 0), Math.min(box.right + margin, width)];
  const rows: number[] = [];
  for (let y = Math.max(box.top - margin, 0); y < Math.min(box.bottom + margin, height); y++) {
    rows.push(...page.subarray(y * width + left, y * width + right));
  }
  const sorted = Uint8Array.from(rows).sort();
  const percentile = (p: number) => sorted[Math.floor(((sorted.length - 1) * p) / 100)] ?? 0;
  return [percentile(90), percentile(5)];
}

/** For each of `length` pixels, centred in a square of `longer` pixels: which cells it covers, and how much of each. */
function overlaps(length: number, longer: number): [cell: number, share: number][][] {
  const cell = longer / side;
  const offset = (longer - length) / 2;
  return Array.from({ length }, (_, i) => {
    const shares: [number, number][] = [];
    for (let c = 0; c < side; c++) {
      const covered = Math.min((c + 1) * cell, offset + i + 1) - Math.max(c * cell, offset + i);
      if (covered > 0) shares.push([c, covered / cell]);
    }
    return shares;
  });
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
