import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { createAdminClient } from '@sheaf/admin';
import { withAdvice } from '../asking/advice.ts';
import { serverHelp, serverOf, serverOptions } from '../asking/server-options.ts';
import { type Command, integerOf, UsageError } from '../command.ts';
import type { Style } from '../top/draw/columns.ts';
import type { Paint } from '../top/draw/text.ts';
import { live } from '../top/live.ts';
import { factsOf, readMesh } from '../top/look.ts';
import { onceJson, onceText } from '../top/once.ts';

const secondsDefault = 2;
/** A gateway waits up to 3 s for a process that does not tell its numbers. */
const timeoutMs = 10_000;

export const top: Command = {
  usage: 'top',
  summary: 'a live view of a running mesh: models, pipelines and services',
  options: {
    ...serverOptions,
    once: { type: 'boolean' },
    json: { type: 'boolean' },
    interval: { type: 'string' },
  },
  help: `  --interval <s>       seconds from one reading to the next, ${secondsDefault} unless given; rates and quantiles are of that time
  --once               prints one table, of two readings, and ends; so it is also where the output is no terminal,
                       or one that cannot move its cursor (TERM=dumb)
  --json               with --once: as JSON; sheaf top --once --json is what scripts read
${serverHelp}
It asks the gateway at --address, with the role observe or admin. ? shows the keys. NO_COLOR counts.
Calls are those of this gateway; what services and models tell is of all their processes.`,
  async run(words, values) {
    if (words.length > 0) throw new UsageError(`sheaf top: want options only, got "${words[0]}"`);
    const intervalMs = (integerOf('interval', values['interval'], 1, 3_600) ?? secondsDefault) * 1000;
    const { stdin, stdout, env } = process;
    const isOnce = values['once'] === true || !stdout.isTTY || env['TERM'] === 'dumb';
    if (values['json'] && !isOnce) throw new UsageError('--json wants --once with it');
    const asked = serverOf(values);
    const { address, metadata, tls } = asked;
    const client = createAdminClient(address, { metadata, tls, timeoutMs });
    try {
      const first = await readMesh(client);
      if (isOnce) {
        await sleep(intervalMs);
        const facts = factsOf(first, await readMesh(client));
        return console.log(values['json'] ? onceJson(facts) : onceText(facts));
      }
      const input = stdin.isTTY ? stdin : undefined;
      const paint = stdout.hasColors() ? colours : (_style: Style, text: string): string => text;
      await live({ first, read: () => readMesh(client), intervalMs, address, input, output: stdout, paint });
    } catch (error) {
      throw withAdvice(error, asked);
    } finally {
      client.close();
    }
  },
};

const formats = {
  plain: 'reset',
  head: 'bold',
  quiet: 'dim',
  bad: 'red',
  warning: 'yellow',
  selected: 'inverse',
} as const satisfies Record<Style, Parameters<typeof styleText>[0]>;

/** Whether there are colours was asked before. */
const colours: Paint = (style, text) => styleText(formats[style], text, { validateStream: false });
