/** Starts the mesh, asks it about every held-out row in both contexts, and prints how good each answer is. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { startMesh, stopOnSignal } from '@sheaf/supervisor';
import { table } from '@sheaf/terminal';
import { programs } from '../programs.ts';
import { assess, type Cases, type Figures } from './assess.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { mesh, problems } = await readMesh(folder);
if (!mesh) {
  console.error(problems.map(formatProblem).join('\n'));
  process.exit(2);
}
const running = await startMesh(mesh, { programs, onEvent: (line) => console.log(line), port: 0 });
stopOnSignal(running);

const cases: Cases = JSON.parse(await readFile(`${folder}cases.json`, 'utf8'));
const figures = await assess(`127.0.0.1:${running.gateway.port}`, mesh.limits, cases);
const shown = ({ accuracy, logLoss }: Figures): string => `${(100 * accuracy).toFixed(1)} %  ${logLoss.toFixed(3)}`;
const rows = figures.map(({ name, contexts }) => [name, ...contexts.map(shown)]);
console.log(`\n${cases.labels.length} rows that nothing was chosen by: accuracy and log loss\n`);
console.log(table([['', 'standard', 'low resolution'], ...rows]));
await running.stop();
