/** The main job: starts the mesh, sends every page through the gateway, prints what was read, and stays up until Ctrl-C. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startMesh, stopOnSignal } from '@sheaf/cli';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { createRemote } from '@sheaf/transport';
import { type LabelledPage, type Reading, readPage, score } from './read-page.ts';

/** What the README promises; a run below it fails. */
const promised = { digits: 0.96, pages: 0.8, boxes: 0.97 };

const folder = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, port: { type: 'string' } } });

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function printPage({ file, text, confidence, elapsedMs }: Reading, page: LabelledPage): void {
  const verdict = text === page.text ? 'right' : `wrong, it says ${page.text || 'nothing'}`;
  const lowest = confidence.length === 0 ? '' : `  lowest confidence ${Math.min(...confidence).toFixed(2)}`;
  console.log(`${file}  ${(text || '(empty)').padEnd(8)} ${elapsedMs.toFixed(1).padStart(6)} ms${lowest}  ${verdict}`);
}

const { mesh, problems } = await readMesh(folder);
if (!mesh) {
  console.error(problems.map(formatProblem).join('\n'));
  process.exit(2);
}
const port = values.port === undefined ? {} : { port: Number(values.port) };
const running = await startMesh(mesh, { onEvent: (line) => console.log(line), ...port }).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
});
stopOnSignal(running);

const pages: readonly LabelledPage[] = JSON.parse(await readFile(`${folder}pages/labels.json`, 'utf8'));
const door = createRemote(`127.0.0.1:${running.gateway.port}`, 'gateway', mesh.limits);
const readings: Reading[] = [];
let failed = 0;
for (const page of pages) {
  try {
    const reading = await readPage(door, await readFile(`${folder}pages/${page.file}`), page.file);
    readings.push(reading);
    printPage(reading, page);
  } catch (error) {
    failed++;
    console.error(`${page.file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
door.close();

const figures = score(pages, readings);
const times = readings.map(({ elapsedMs }) => elapsedMs).sort((a, b) => a - b);
console.log(
  `\n${readings.length} of ${pages.length} pages answered, ${(times[times.length >> 1] ?? 0).toFixed(1)} ms a page at the median`,
);
console.log(
  `digits right ${percent(figures.digits)}, pages right ${percent(figures.pages)}, boxes found ${percent(figures.boxes)}`,
);
const good =
  failed === 0 &&
  figures.digits >= promised.digits &&
  figures.pages >= promised.pages &&
  figures.boxes >= promised.boxes;
if (!good)
  console.error(
    `below what the README promises: digits ${promised.digits}, pages ${promised.pages}, boxes ${promised.boxes}`,
  );

if (values.once) {
  await running.stop();
  process.exit(good ? 0 : 1);
}
console.log(`\nthe mesh stays up: gRPC on ${mesh.gateway.host}:${running.gateway.port}; Ctrl-C ends it`);
