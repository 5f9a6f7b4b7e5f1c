/** The figures of a comparison as bars, for a page or a slide. */
import { type Comparison, shownMs, shownRate, type Way, type WayFigures } from './figures.ts';

/** Everything in pixels. */
const [labelWidth, barsWidth, valueWidth, barHeight, gap, margin] = [110, 300, 110, 20, 8, 24];
const panelHeight = 30 + 3 * (barHeight + gap) + 18;

const colours: Readonly<Record<Way, string>> = { online: '#3b6fc4', asynchronous: '#d98324', batch: '#3f8f5b' };

interface Panel {
  readonly title: string;
  readonly value: (one: WayFigures) => number | undefined;
  readonly shown: (value: number) => string;
}

const panels: readonly Panel[] = [
  { title: 'throughput (more is better)', value: ({ rowsPerSecond }) => rowsPerSecond, shown: shownRate },
  { title: 'CPU of a row (less is better)', value: ({ cpuMsPerRow }) => cpuMsPerRow, shown: shownMs },
  { title: 'an answer, 99 of 100 (less is better)', value: ({ p99Ms }) => p99Ms, shown: shownMs },
  { title: 'how old an answer is at least', value: ({ ageMs }) => ageMs, shown: shownMs },
];

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Bars are as long as their values, each panel by its own largest. */
export function comparisonPicture({ name, version, rows, figures }: Comparison): string {
  const [width, height] = [
    2 * margin + labelWidth + barsWidth + valueWidth,
    2 * margin + 30 + panels.length * panelHeight,
  ];
  const drawn = panels.map((panel, index) => panelOf(panel, figures, margin + 30 + index * panelHeight));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(name)} served online, asynchronously and in batch</title>`,
    `<rect width="${width}" height="${height}" rx="12" fill="#ffffff"/>`,
    `<text x="${margin}" y="${margin + 12}" font-weight="600" font-size="15" fill="#22303f">${escaped(`${name}/${version}, ${rows} rows`)}</text>`,
    ...drawn.flat(),
    '</svg>',
    '',
  ].join('\n');
}

function panelOf({ title, value, shown }: Panel, figures: readonly WayFigures[], top: number): string[] {
  const largest = Math.max(...figures.map((one) => value(one) ?? 0), Number.MIN_VALUE);
  const bars = figures.flatMap((one, index) => {
    const y = top + 30 + index * (barHeight + gap);
    const known = value(one);
    const length = Math.max(1, ((known ?? 0) / largest) * barsWidth);
    const x = margin + labelWidth;
    return [
      `<text x="${margin}" y="${y + 15}" fill="#44546a">${one.way}</text>`,
      `<rect x="${x}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3" fill="${colours[one.way]}"/>`,
      `<text x="${(x + length + 8).toFixed(1)}" y="${y + 15}" fill="#22303f">${known === undefined ? '?' : escaped(shown(known))}</text>`,
    ];
  });
  return [`<text x="${margin}" y="${top + 16}" font-weight="600" fill="#44546a">${escaped(title)}</text>`, ...bars];
}
