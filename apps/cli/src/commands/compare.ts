/** `sheaf compare`: what serving a pipeline online, asynchronously and in batch comes to on this machine. */
import { rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { openWork } from '@sheaf/jobs';
import { type Mesh, readMesh } from '@sheaf/mesh';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import { progressBar, table } from '@sheaf/terminal';
import { connectJobs, createRemote } from '@sheaf/transport';
import { inputHelp, inputOptions, subjectOf, withInput } from '../batch/input-options.ts';
import { wantedBatch } from '../batch/wanted-batch.ts';
import { type Command, type OptionValues, textOf, UsageError, writeOrFail } from '../command.ts';
import { adviceOn } from '../compare/advice.ts';
import { type Comparison, comparisonTable } from '../compare/figures.ts';
import { type Measured, measureAsynchronous, measureBatch, measureOnline, singleRows } from '../compare/measure.ts';
import { comparisonPicture } from '../compare/picture.ts';
import { type RowRequest, readRequests } from '../compare/requests.ts';
import { programs } from '../programs.ts';
import { wholeOrFail } from '../read-mesh.ts';

/** Of the folder: what is kept in it stays as it is, and no key is needed for a mesh that nobody else reaches. */
const notCopied: readonly string[] = ['.sheaf', 'policies.yaml', '.git', 'node_modules'];

export const compare: Command = {
  usage: 'compare <pipeline|batch> [folder]',
  summary: 'serve the same rows online, asynchronously and in batch, and say what each way costs',
  options: { ...inputOptions, picture: { type: 'string' }, json: { type: 'boolean' } },
  help: `${inputHelp}
    --picture <out.svg>  the figures as bars
    --json               the figures as JSON
  A copy of the folder is served for the time, on free ports, without its policies and without what it keeps. DATABASE_URL is
  not heeded. Nothing else should
  be busy on the machine meanwhile.`,
  async run([name, folder = '.'], values) {
    if (!name) throw new UsageError(`usage: sheaf ${compare.usage} --input <file or folder>`);
    const copy = await mkdtemp(join(tmpdir(), 'sheaf-compare-'));
    // The copy has a queue of its own: its workers are not to take what waits elsewhere.
    delete process.env['DATABASE_URL'];
    const leave = (): void => {
      rmSync(copy, { recursive: true, force: true });
      process.exit(130);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
    try {
      await copyFolder(folder, copy);
      const compared = await compareIn(copy, name, values);
      await tell(compared, values);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  },
};

async function copyFolder(folder: string, to: string): Promise<void> {
  const from = resolve(folder);
  await cp(from, to, {
    recursive: true,
    filter: (path) => path === from || !notCopied.includes(basename(path)),
  }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${folder}: want a mesh folder (${error.code})`);
  });
}

async function compareIn(folder: string, name: string, values: OptionValues): Promise<Comparison> {
  const read = wholeOrFail(folder, await readMesh(folder), (line) => console.error(line));
  // What was kept of one call would answer the next.
  const mesh: Mesh = { ...read, cache: undefined };
  const { pipeline, spec } = await wantedBatch({ folder }, mesh, name, values);
  const asked = subjectOf(mesh, pipeline);
  const requests = await withInput(spec.input, (input) => readRequests(input, spec, asked.signature));
  const running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} });
  try {
    return await measureAll(running, { name: asked.name, version: asked.version, requests, spec });
  } finally {
    await running.stop();
  }
}

type Wanted = Pick<Measured, 'name' | 'version' | 'requests' | 'spec'>;

async function measureAll({ mesh, gateway: { port } }: RunningMesh, wanted: Wanted): Promise<Comparison> {
  const target = `127.0.0.1:${port}`;
  const gateway = createRemote(target, { service: 'gateway', limits: mesh.limits });
  const later = connectJobs(target, { metadata: {}, tls: undefined, timeoutMs: 60_000 });
  const work = await openWork(mesh.folder);
  const bar = progressBar('rows', rowsAsked(wanted.requests));
  try {
    const measured: Measured = { ...wanted, gateway, later, work, onRow: bar.tick };
    const figures = [await measureOnline(measured), await measureAsynchronous(measured), await measureBatch(measured)];
    return { name: wanted.name, version: wanted.version, rows: wanted.requests.length, figures };
  } finally {
    bar.end();
    gateway.close();
    later.close();
    await work.close();
  }
}

/** Of two ways each row in a crowd and some alone, after some to warm up, and of the third each once. */
const rowsAsked = (requests: readonly RowRequest[]): number =>
  3 * requests.length + 2 * (singleRows(requests) + Math.min(16, requests.length));

async function tell(compared: Comparison, values: OptionValues): Promise<void> {
  const picture = textOf(values['picture']);
  if (picture !== undefined) await writeOrFail(picture, comparisonPicture(compared));
  if (values['json'] === true) {
    console.log(JSON.stringify(compared));
    return;
  }
  const { name, version, rows } = compared;
  console.log(`${name}/${version}, ${rows} rows\n\n${table(comparisonTable(compared))}\n`);
  for (const sentence of adviceOn(compared)) console.log(`${sentence}\n`);
  if (picture !== undefined) console.error(`drawn: ${picture}`);
}
