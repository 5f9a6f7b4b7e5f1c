/** The main job: starts the mesh, sends every page through the gateway, prints what was read, and stays up until Ctrl-C. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { allSteps, targetsOf } from '@sheaf/pipeline';
import { startMesh, stopOnSignal } from '@sheaf/supervisor';
import { progressBar, table } from '@sheaf/terminal';
import { createRemote, type Remote } from '@sheaf/transport';
import { programs } from '../programs.ts';
import { belowReadme, type Figures, figureRows, score } from './figures.ts';
import { type LabelledPage, type Reading, readPage } from './read-page.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

const portMax = 65_535;

const signed = (share: number): string => `${share < 0 ? '-' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (text !== '' && Number.isInteger(port) && port >= 0 && port <= portMax) return port;
  throw new Error(`--port: want an integer from 0 to ${portMax}, got "${text}"`);
}

function readOptions() {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, port: { type: 'string' } } });
    return { once: values.once, port: portOf(values.port) };
  } catch (error) {
    return fail(error);
  }
}

function pageLine({ file, text, confidence, elapsedMs, stages, missing }: Reading, page: LabelledPage): string {
  const verdict = text === page.text ? 'right' : `wrong, it says ${page.text || 'nothing'}`;
  const sure = confidence.length === 0 ? '    ' : Math.min(...confidence).toFixed(2);
  const times = stages.map(({ name, ms }) => `${name} ${ms.toFixed(1).padStart(4)}`).join('  ');
  const without = missing.length > 0 ? `, without ${missing.join(' and ')}` : '';
  return `${file}  ${(text || '(empty)').padEnd(8)}  ${sure}  ${elapsedMs.toFixed(1).padStart(5)} ms  (${times})  ${verdict}${without}`;
}

async function readAll(gateway: Remote, pages: readonly LabelledPage[]): Promise<Reading[]> {
  const bar = progressBar('pages', pages.length);
  bar.log('page     read      lowest confidence, time (of which each stage)');
  const readings: Reading[] = [];
  for (const page of pages) {
    try {
      const reading = await readPage(gateway, await readFile(`${folder}pages/${page.file}`), page.file);
      readings.push(reading);
      bar.log(pageLine(reading, page));
    } catch (error) {
      bar.log(`${page.file}  ${error instanceof Error ? error.message : String(error)}`);
    }
    bar.tick();
  }
  bar.end();
  return readings;
}

/** The members of the ensemble, by the models they ask. */
const memberNames = ({ pipelines }: Mesh): string[] =>
  pipelines
    .flatMap(({ spec }) => spec.stages)
    .flatMap(({ step }) => allSteps(step, []))
    .flatMap(({ step }) => (step.kind === 'ensemble' ? step.members : []))
    .flatMap(({ step }) => targetsOf(step))
    .flatMap((target) => (target.kind === 'model' ? [target.name] : []));

function printTimes(readings: readonly Reading[], total: number): void {
  const stages = (readings[0]?.stages ?? []).map(
    ({ name }, index) => `${name} ${median(readings.map((reading) => reading.stages[index]?.ms ?? 0)).toFixed(1)}`,
  );
  const page = median(readings.map(({ elapsedMs }) => elapsedMs)).toFixed(1);
  console.log(
    `\n${readings.length} of ${total} pages answered; the median page took ${page} ms (${stages.join(', ')})\n`,
  );
}

function gainLine({ gain, gainMargin }: Figures): string {
  const interval = `${signed(gain - gainMargin)} to ${signed(gain + gainMargin)}`;
  return `the ensemble against its best member: ${signed(gain)} points, 95 % interval ${interval}`;
}

const options = readOptions();
const { mesh, problems } = await readMesh(folder);
if (!mesh) fail(problems.map(formatProblem).join('\n'));

const starting = progressBar('processes are ready', mesh.services.length + 1);
const running = await startMesh(mesh, {
  programs,
  onEvent: (line) => starting.log(line),
  onReady: () => starting.tick(),
  ...(options.port === undefined ? {} : { port: options.port }),
}).catch(fail);
starting.end();
stopOnSignal(running);

const pages: readonly LabelledPage[] = JSON.parse(await readFile(`${folder}pages/labels.json`, 'utf8'));
const gateway = createRemote(`127.0.0.1:${running.gateway.port}`, { service: 'gateway', limits: mesh.limits });
console.log('');
const readings = await readAll(gateway, pages);
gateway.close();

printTimes(readings, pages.length);
const figures = score(pages, readings);
const figuresTable = figureRows(figures, memberNames(mesh));
console.log(`${table(figuresTable)}\n${gainLine(figures)}`);
const below = await belowReadme(figuresTable);
for (const line of below) console.error(`worse than promised: ${line}`);
const good = readings.length === pages.length && below.length === 0;

if (options.once) {
  await running.stop();
  process.exit(good ? 0 : 1);
}
const { port } = running.gateway;
const address = port === 8001 ? '' : ` --address 127.0.0.1:${port}`;
console.log(`
The mesh stays up: gRPC on ${mesh.gateway.host}:${port}, and ${mesh.services.length} services behind it. Try, from another terminal:

  npx sheaf infer read-postcode examples/postcode/pages/000.png${address}
  npx sheaf infer read-postcode examples/postcode/pages/000.png --explain${address}
  npx sheaf infer read-postcode examples/postcode/pages/002.png --draw page.png${address}

Ctrl-C ends it.`);
