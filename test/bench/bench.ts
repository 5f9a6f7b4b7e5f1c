/** `npm run bench`: everything side by side in one go, as ratios. --quick measures once, and shorter; --full every combination. */
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { startMesh } from '@sheaf/supervisor';
import { progressBar, table } from '@sheaf/terminal';
import { writeFolder } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';
import { openDelayProxy } from './delay-proxy.ts';
import { measureEngine } from './engine.ts';
import { meshFiles } from './folder.ts';
import { http2Table, measureHttp2 } from './http2.ts';
import { type Measured, nativeClient } from './load.ts';
import { measurePolicies } from './policies.ts';
import { ratioTable } from './ratio-table.ts';
import { measureRatios } from './ratios.ts';
import { measureRefusals } from './refusals.ts';
import { report } from './report.ts';
import { checkAnswers, type Setting, scenarios } from './scenarios.ts';
import { openSleeper } from './sleeper.ts';
import { measureTraces } from './traces.ts';

const { quick, full } = readOptions();
const seconds = quick ? 1 : 2;
const rounds = quick ? 1 : 3;
/** The compilers of Node take some seconds of load until they are done with it. */
const warmUpSeconds = quick ? 1 : 3;

const sleepers = await Promise.all([openSleeper(), openSleeper(), openSleeper()]);
const folder = await writeFolder(meshFiles(sleepers.map(({ port }) => port)));
const { mesh, problems } = await readMesh(folder);
if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
const running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} });
const processes = [running.gateway, ...running.services];
const wide = running.services.find(({ name }) => name === 'input-600k');
const proxies = await Promise.all([2, 10].map(async (ms) => [ms, await openDelayProxy(wide?.port ?? 0, ms)] as const));
const delayed = new Map(proxies.map(([ms, { port }]) => [ms, port]));
const setting: Setting = { folder, running, delayed, full };

const rows = scenarios(setting);
const measured = new Map<string, Measured[]>();
const bar = progressBar('measurements', rows.length * (rounds + 1));
try {
  await checkAnswers(setting);
  // Once to warm up, then round by round, so that what else the machine does meets all rows alike.
  for (let round = -1; round < rounds; round++) {
    if (round === 0) await Promise.all(processes.map((process) => process.vitals()));
    for (const { name, measure } of rows) {
      const result = await measure?.(round === -1 ? warmUpSeconds : seconds);
      if (result && round >= 0) measured.set(name, [...(measured.get(name) ?? []), result]);
      bar.tick();
    }
  }
  const vitals = await Promise.all(processes.map(async (one) => ({ name: one.name, ...(await one.vitals()) })));
  bar.end();
  if (!nativeClient) console.log('h2load is not installed (Debian: nghttp2-client): rows that need it are left out');
  const results = rows.map(({ measure: _, ...row }) => ({ ...row, rounds: measured.get(row.name) ?? [] }));
  console.log(await report(results, vitals));
  const engine = (await measureEngine()).map(({ shape, usPerStage }) => [
    shape,
    `${usPerStage.toFixed(1)} us CPU a stage`,
  ]);
  console.log(`\n${table([['the pipeline engine, in process', ''], ...engine])}`);
  console.log(`\n${table(http2Table(await measureHttp2(seconds)))}`);
  console.log(`\n${table(ratioTable(await measureRatios(quick ? 0.5 : 1)))}`);
  console.log(`\n${table(await measureTraces(rounds, seconds))}`);
  const policies = `${(await measurePolicies()).toFixed(1)} us CPU a call`;
  console.log(
    `\n${table([
      ['the policies, in process', ''],
      ['an admitted call: key, role, route, four limits', policies],
    ])}`,
  );
  const [admitted, ...refused] = await measureRefusals();
  const refusals = [admitted, ...refused].flatMap((cost) =>
    cost && admitted
      ? [
          [
            cost.what,
            `${cost.usPerCall.toFixed(0)} us CPU`,
            `${(cost.usPerCall / admitted.usPerCall).toFixed(2)} x admitted`,
          ],
        ]
      : [],
  );
  console.log(`\n${table([["the gateway's CPU for a call of one client", '', ''], ...refusals])}`);
} finally {
  bar.end();
  for (const [, proxy] of proxies) proxy.close();
  await running.stop();
  await Promise.all(sleepers.map((server) => server.close(100)));
  await rm(folder, { recursive: true });
}
process.exit(0);

function readOptions(): { readonly quick: boolean; readonly full: boolean } {
  const options = { quick: { type: 'boolean', default: false }, full: { type: 'boolean', default: false } } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error((error as Error).message);
    return process.exit(2);
  }
}
