import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { TrialReport } from '@sheaf/inference';
import { trialRules } from '@sheaf/mesh';
import { downloadVersion } from '@sheaf/registry';
import { printable, table } from '@sheaf/terminal';
import { tryVersion, type UnreadCandidate } from '@sheaf/trial';
import { integerOf, UsageError } from '../../command.ts';
import type { RegistryAction, RegistryPlace } from '../action.ts';
import { sizeText } from '../print.ts';
import { versionOf } from '../typed.ts';

export const tryOne: RegistryAction = {
  usage: '<folder|name[/version]>',
  summary:
    'load and run a version in a process that is thrown away, and say what is found; nothing is pushed or served',
  kinds: ['model'],
  options: { against: { type: 'string' }, memory: { type: 'string' } },
  help: `    --against <folder|name[/version]>   compares answers, speed and signature with this version
    --memory <MiB>       that the process may take; 2 GiB and four times the files unless given`,
  words: [1, 1],
  async run(place, [text = ''], values) {
    const memoryMib = integerOf('memory', values['memory'], 256, 1_048_576);
    const working = await mkdtemp(join(tmpdir(), 'sheaf-try-'));
    try {
      const candidate = await candidateOf(place, text, join(working, 'candidate'));
      const { against: other } = values;
      const against = typeof other === 'string' ? await candidateOf(place, other, join(working, 'against')) : undefined;
      const report = await tryVersion(candidate, {
        against,
        policy: await trialRules(place.folder),
        limits: memoryMib === undefined ? {} : { memoryBytesMax: memoryMib * 2 ** 20 },
      });
      console.log(values['json'] ? JSON.stringify(report) : reportText(report));
      if (report.verdict === 'fail') process.exitCode = 1;
    } finally {
      await rm(working, { recursive: true, force: true });
    }
  },
};

/** A folder that is there, or else a version of the registry, of which `copy` is made. */
async function candidateOf({ calls, kind }: RegistryPlace, text: string, copy: string): Promise<UnreadCandidate> {
  const found = await stat(text).catch(() => undefined);
  if (found?.isDirectory()) return inFolder(resolve(text));
  if (found || text.startsWith('.') || text.startsWith('/'))
    throw new UsageError(`${text}: want the folder of a version, or a version such as digits/3`);
  const version = await calls.getVersion({ kind, ...versionOf(text) });
  await downloadVersion(calls, version, copy);
  return { kind: 'unread', name: version.name, version: String(version.version), folder: copy };
}

/** `models/iris/3` is version 3 of iris, with the settings that lie beside it. */
async function inFolder(folder: string): Promise<UnreadCandidate> {
  const own = basename(folder);
  if (!/^[1-9][0-9]{0,14}$/.test(own)) return { kind: 'unread', name: own, version: '1', folder };
  const isThere = async (path: string): Promise<boolean> =>
    (await stat(path).catch(() => undefined))?.isFile() ?? false;
  const settings = join(dirname(folder), 'model.yaml');
  const isBeside = !(await isThere(join(folder, 'model.yaml'))) && (await isThere(settings));
  const name = basename(dirname(folder));
  return { kind: 'unread', name, version: own, folder, ...(isBeside ? { settings } : {}) };
}

const marks = { fail: 'FAILED', warn: 'warning', note: 'note' } as const;
const round = (value: number): string => String(Number(value.toPrecision(3)));

function reportText(report: TrialReport): string {
  const { name, version, verdict, findings, sizeBytes, batching, loadMs, memoryBytes, golden, against } = report;
  const facts: [string, string | undefined][] = [
    [`${name}/${version}`, { pass: 'passes', warn: 'passes with warnings', fail: 'fails' }[verdict]],
    ['size', sizeText(sizeBytes)],
    ['batching', batching?.text],
    ['loaded in', loadMs === undefined ? undefined : `${Math.round(loadMs)} ms`],
    ['memory', memoryBytes === undefined ? undefined : sizeText(memoryBytes)],
    ['golden set', golden && `${golden.tests - golden.failed} of ${golden.tests} tests pass`],
    ...(against ? comparisonRows(against) : []),
  ];
  const rows = facts.flatMap(([key, text]) => (text === undefined ? [] : [[key, printable(text)]]));
  return [
    table(rows),
    ...findings.map(({ level, check, text }) => `${marks[level]} (${check}): ${printable(text)}`),
  ].join('\n');
}

function comparisonRows(against: NonNullable<TrialReport['against']>): [string, string | undefined][] {
  const { name, version, timeRatio, runMs = 0, currentRunMs = 0, sizeRatio, outputs } = against;
  const current = `${name}/${version}`;
  return [
    [
      'speed',
      timeRatio === undefined
        ? `not compared: it does not take what ${current} takes`
        : `${round(timeRatio)} times the time of ${current} (${round(runMs)} ms, ${round(currentRunMs)} ms)`,
    ],
    ['size of files', `${round(sizeRatio)} times those of ${current}`],
    ...outputs.map(({ output, agreement, sameLargest, differenceMax, compared }): [string, string] => [
      `output ${output}`,
      [
        `the same for ${round(agreement * 100)} % of ${compared} inputs`,
        ...(sameLargest === undefined ? [] : [`the same largest value for ${round(sameLargest * 100)} %`]),
        ...(differenceMax === undefined ? [] : [`apart by ${round(differenceMax)} at most`]),
      ].join(', '),
    ]),
  ];
}
