import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOver } from '@sheaf/rollout';
import { openScreen } from '@sheaf/terminal';
import { integerOf, textOf } from '../../command.ts';
import type { RegistryAction, RegistryPlace } from '../action.ts';
import { whyOption, whyOptionHelp } from '../moves.ts';
import { pictureOf } from '../rollouts/picture.ts';
import { type Standing, standingOf } from '../rollouts/standing.ts';
import { nameOf, versionOf } from '../typed.ts';

const secondsDefault = 1;

export const rollout: RegistryAction = {
  usage: '<name>',
  summary: 'a live view of its rollout: shares, guards, what was seen, what has happened and why',
  options: { once: { type: 'boolean' }, interval: { type: 'string' } },
  help: `    --once               prints it once; so it is also with --json, and where the output is no terminal
    --interval <s>       seconds from one reading to the next, ${secondsDefault} unless given; q ends the view`,
  words: [1, 1],
  run: async ({ calls, kind }, [text = ''], values) => {
    const name = nameOf(text);
    const intervalMs = (integerOf('interval', values['interval'], 1, 3_600) ?? secondsDefault) * 1_000;
    const read = async (): Promise<Standing> => standingOf(await calls.getRollout({ kind, name }));
    const first = await read();
    if (values['json']) return console.log(JSON.stringify(first));
    const { stdout, env } = process;
    if (values['once'] || !stdout.isTTY || env['TERM'] === 'dumb') return console.log(pictureOf(first).join('\n'));
    await live(first, read, intervalMs);
  },
};

/** Until somebody quits; a rollout that is over stays on the screen. */
async function live(first: Standing, read: () => Promise<Standing>, intervalMs: number): Promise<void> {
  const end = new AbortController();
  let standing = first;
  let problem: string | undefined;
  const show = (): void => {
    const { rows } = screen.size();
    const lines = [...pictureOf(standing), ...(problem === undefined ? [] : ['', problem])];
    screen.draw(lines.slice(0, rows));
  };
  const { stdin, stdout } = process;
  const screen = openScreen({
    input: stdin.isTTY ? stdin : undefined,
    output: stdout,
    onKey: ({ name, ctrl }) => {
      if (name === 'q' || (ctrl && name === 'c')) end.abort();
    },
    onResize: show,
  });
  const follow = async (): Promise<void> => {
    while (!end.signal.aborted) {
      show();
      await sleep(intervalMs, undefined, { signal: end.signal }).catch(() => {});
      if (end.signal.aborted || isOver(standing.state)) continue;
      try {
        standing = await read();
        problem = undefined;
      } catch (error) {
        // A registry that is away may come back.
        problem = error instanceof Error ? error.message : String(error);
      }
    }
  };
  try {
    await Promise.race([follow(), once(end.signal, 'abort')]);
  } finally {
    screen.close();
  }
}

const telling = (command: string, summary: string): RegistryAction => ({
  usage: '<name>',
  summary,
  options: whyOption,
  help: whyOptionHelp,
  words: [1, 1],
  run: (place, [text = ''], values) => say(place, { name: nameOf(text), version: '' }, command, values),
});

export const hold = telling('hold', 'its rollout takes no further step; guards go on');
export const resume = telling('resume', 'its rollout goes on from where it was held');
export const abort = telling('abort', 'its rollout ends, and the champion has all calls');

export const promoteNow: RegistryAction = {
  ...telling('promote', 'the version that its rollout tries is the champion, whatever is left of the steps'),
  usage: '<name>[/<version>]',
  run: (place, [text = ''], values) => say(place, versionOf(text), 'promote', values),
};

async function say(
  { calls, kind }: RegistryPlace,
  { name, version }: { readonly name: string; readonly version: string },
  command: string,
  { why, json }: Readonly<Record<string, unknown>>,
): Promise<void> {
  const told = await calls.tellRollout({ kind, name, command, version, why: textOf(why as string | undefined) ?? '' });
  const standing = standingOf(told);
  console.log(json ? JSON.stringify(standing) : pictureOf(standing).join('\n'));
}
