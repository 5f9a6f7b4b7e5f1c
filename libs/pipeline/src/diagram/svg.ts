import { dependencies, inOrder } from '../language/graph.ts';
import type { PipelineSpec, Reference, StageSpec, Step } from '../language/spec.ts';
import type { Target } from '../language/target.ts';
import { allSteps, innerSteps, readsOf, targetsOf } from '../language/walk.ts';
import { kindOf } from '../stages/index.ts';

/** Everything in pixels. */
const columnWidth = 210;
const boxWidth = 150;
const boxHeight = 46;
const memberHeight = 34;
const gap = 22;
const margin = 40;
const titleHeight = 34;
const laneHeight = 16;

interface Box {
  readonly key: string;
  readonly column: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const keyOf = ({ stage, name }: Reference): string => (stage === undefined ? `in ${name}` : `stage ${stage}`);
const nameOf = (target: Target): string => (target.kind === 'transform' ? target.path : target.name);

/** The graph as a picture: what comes in at the left, each stage in the column after the last one it waits for, what goes out at the right. */
export function toSvg(spec: PipelineSpec): string {
  const boxes = layOut(spec);
  const all = [...boxes.values()];
  const bottom = Math.max(...all.map(({ y, height }) => y + height));
  const width = Math.max(...all.map(({ x }) => x)) + boxWidth + margin;
  const { paths, lanes } = edges(spec, boxes, bottom);
  const height = bottom + lanes * laneHeight + margin + titleHeight;
  const frame = { x: margin + columnWidth - 30, width: width - 2 * (margin + columnWidth - 30) };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(spec.pipeline)}</title>`,
    `<rect width="${width}" height="${height}" rx="12" fill="#ffffff"/>`,
    `<rect x="${frame.x}" y="12" width="${frame.width}" height="${height - 24}" rx="12" fill="#f4f6f9" stroke="#c9d1dc"/>`,
    text(frame.x + 14, 33, `gateway: ${spec.pipeline}`, 'font-weight="600" fill="#44546a"'),
    ...paths,
    ...spec.inputs.map(({ name, datatype, shape, symbols }) =>
      pill(
        at(boxes, `in ${name}`),
        name,
        `${datatype} [${shape.map((dim, axis) => symbols?.[axis] || dim).join(', ')}]`,
      ),
    ),
    ...spec.stages.map((stage) => stageBox(at(boxes, `stage ${stage.name}`), stage)),
    ...[...spec.outputs.keys()].map((name) => pill(at(boxes, `out ${name}`), name, '')),
    `<rect x="${frame.x + 14}" y="${height - 37}" width="14" height="14" rx="3" fill="#dbe9ff" stroke="#3b6fc4"/>`,
    text(frame.x + 34, height - 25, 'a model or a transform, asked over gRPC', 'fill="#44546a" font-size="12"'),
    '</svg>',
    '',
  ].join('\n');
}

const at = (boxes: ReadonlyMap<string, Box>, key: string): Box => boxes.get(key) as Box;

/** Columns from left to right; the boxes of each are centred. */
function layOut({ inputs, stages, outputs }: PipelineSpec): Map<string, Box> {
  const columnOf = new Map<string, number>();
  for (const stage of inOrder(stages))
    columnOf.set(stage.name, 1 + Math.max(0, ...dependencies(stage).map((name) => columnOf.get(name) ?? 0)));
  const last = 1 + Math.max(0, ...columnOf.values());
  const sized = [
    ...inputs.map(({ name }) => ({ key: `in ${name}`, column: 0, height: boxHeight })),
    ...stages.map((stage) => ({
      key: `stage ${stage.name}`,
      column: columnOf.get(stage.name) ?? 1,
      height: heightOf(stage),
    })),
    ...[...outputs.keys()].map((name) => ({ key: `out ${name}`, column: last, height: memberHeight })),
  ];
  const columns = Map.groupBy(sized, ({ column }) => column);
  const heightOfColumn = (boxes: typeof sized): number =>
    boxes.reduce((total, { height }) => total + height + gap, -gap);
  const tallest = Math.max(...[...columns.values()].map(heightOfColumn));
  const placed = [...columns].flatMap(([column, boxes]) => {
    let y = margin + titleHeight / 2 + (tallest - heightOfColumn(boxes)) / 2;
    return boxes.map((box): [string, Box] => {
      const own = { ...box, x: margin + column * columnWidth, y };
      y += box.height + gap;
      return [box.key, own];
    });
  });
  return new Map(placed);
}

const isOne = ({ step }: StageSpec): boolean => innerSteps(step, []).length === 0;

/** What a stage asks, wherever inside it; empty when it is one thing, which needs no list. */
const linesOf = (stage: StageSpec): readonly string[] =>
  isOne(stage) ? [] : allSteps(stage.step, []).flatMap(({ step: inner }) => targetsOf(inner).map(nameOf));

const captionOf = (step: Step): string => kindOf(step).describe(step).caption(captionOf);

const heightOf = (stage: StageSpec): number =>
  isOne(stage) ? boxHeight : 54 + linesOf(stage).length * (memberHeight + 6);

/** Wires between neighbours go straight; those that pass a column go below everything, each in a lane of its own. */
function edges({ stages, outputs }: PipelineSpec, boxes: ReadonlyMap<string, Box>, bottom: number) {
  const columnOf = (reference: Reference): number => at(boxes, keyOf(reference)).column;
  const wires = [
    ...stages.flatMap((stage) => {
      const wires = wiresOf(stage);
      // Wires from far away come from below, so they end below the others.
      return wires
        .sort(([, a], [, b]) => columnOf(b) - columnOf(a))
        .map(([input, from], index) => ({ from, to: `stage ${stage.name}`, label: input, index, of: wires.length }));
    }),
    ...[...outputs].map(([name, from]) => ({ from, to: `out ${name}`, label: '', index: 0, of: 1 })),
  ];
  let lanes = 0;
  const paths = wires.map(({ from, to, label, index, of }) => {
    const [source, target] = [at(boxes, keyOf(from)), at(boxes, to)];
    const [x1, y1] = [source.x + boxWidth, source.y + source.height / 2];
    const [x2, y2] = [target.x, target.y + (target.height * (index + 1)) / (of + 1)];
    const far = target.column - source.column > 1;
    const lane = bottom + 12 + lanes * laneHeight;
    if (far) lanes++;
    const route = far
      ? `C ${x1 + 30} ${y1} ${x1 + 10} ${lane} ${x1 + 50} ${lane} L ${x2 - 50} ${lane} C ${x2 - 10} ${lane} ${x2 - 30} ${y2} ${x2} ${y2}`
      : `C ${x1 + 30} ${y1} ${x2 - 30} ${y2} ${x2} ${y2}`;
    const line = `<path d="M ${x1} ${y1} ${route}" fill="none" stroke="#7b8aa0" stroke-width="1.5"/>`;
    return `${line}${label && text(x2 - 4, y2 - 5, label, 'text-anchor="end" font-size="11" fill="#66758a"')}`;
  });
  return { paths, lanes };
}

/** One wire for each tensor that a stage reads, named by the input it feeds. */
function wiresOf(stage: StageSpec): [string, Reference][] {
  const wires = [...(stage.step.inputs ?? [])];
  const known = new Set(wires.map(([, from]) => `${keyOf(from)} ${from.name}`));
  for (const from of readsOf(stage)) {
    const key = `${keyOf(from)} ${from.name}`;
    if (!known.has(key)) wires.push([from.name, from]);
    known.add(key);
  }
  return wires;
}

const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;

function service(x: number, y: number, width: number, height: number): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7" fill="#dbe9ff" stroke="#3b6fc4"/>`;
}

function pill({ x, y, height }: Box, name: string, type: string): string {
  const shape = `<rect x="${x}" y="${y}" width="${boxWidth}" height="${height}" rx="${height / 2}" fill="#eef7ee" stroke="#4a8f4a"/>`;
  const middle = 'text-anchor="middle"';
  const first = text(x + boxWidth / 2, y + height / 2 + (type ? -2 : 4), name, `${middle} font-weight="600"`);
  return `${shape}${first}${type && text(x + boxWidth / 2, y + height / 2 + 14, type, `${middle} font-size="11" fill="#66758a"`)}`;
}

function stageBox({ x, y, height }: Box, stage: StageSpec): string {
  const middle = `text-anchor="middle"`;
  const title = (at: number): string => text(x + boxWidth / 2, at, stage.name, `${middle} font-weight="600"`);
  if (isOne(stage)) {
    const asked = text(x + boxWidth / 2, y + 36, captionOf(stage.step), `${middle} font-size="11.5" fill="#2d4a7c"`);
    return `${service(x, y, boxWidth, height)}${title(y + 20)}${asked}`;
  }
  const members = linesOf(stage).map((line, index) => {
    const top = y + 28 + index * (memberHeight + 6);
    const name = text(x + boxWidth / 2, top + 21, line, `${middle} font-size="11.5" fill="#2d4a7c"`);
    return `${service(x + 10, top, boxWidth - 20, memberHeight)}${name}`;
  });
  const frame = `<rect x="${x}" y="${y}" width="${boxWidth}" height="${height}" rx="9" fill="#ffffff" stroke="#7b8aa0" stroke-dasharray="4 3"/>`;
  const combined = text(
    x + boxWidth / 2,
    y + height - 10,
    captionOf(stage.step),
    `${middle} font-size="11.5" fill="#66758a"`,
  );
  return `${frame}${title(y + 19)}${members.join('')}${combined}`;
}
