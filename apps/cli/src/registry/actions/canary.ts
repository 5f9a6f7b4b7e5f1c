import { isOver } from '@sheaf/rollout';
import type { RegistryAction, RegistryPlace } from '../action.ts';
import { pictureOf } from '../rollouts/picture.ts';
import {
  canaryPlan,
  planHelp,
  planOptions,
  shadowHelp,
  shadowOptions,
  shadowPlan,
  versionsOf,
} from '../rollouts/plan-options.ts';
import { standingOf } from '../rollouts/standing.ts';

export const canary: RegistryAction = {
  usage: '<name>/<version> ...',
  summary: 'give it a growing share of the calls, and promote it or take it back by what is seen',
  options: planOptions,
  help: `${planHelp}
    Several versions share the calls among themselves (A/B/n); promote-now names the winner.`,
  words: [1, 8],
  run: async (place, words, values) => {
    const { name, versions } = versionsOf(words);
    await start(place, name, await canaryPlan(versions, values), values['json'] === true);
  },
};

export const shadow: RegistryAction = {
  usage: '<name>/<version> ...',
  summary: 'give it copies of the calls, and compare its answers, until it is aborted or a guard ends it',
  options: shadowOptions,
  help: shadowHelp,
  words: [1, 8],
  run: async (place, words, values) => {
    const { name, versions } = versionsOf(words);
    await start(place, name, await shadowPlan(versions, values), values['json'] === true);
  },
};

async function start({ calls, kind }: RegistryPlace, name: string, plan: object, isJson: boolean): Promise<void> {
  const standing = standingOf(await calls.startRollout({ kind, name, planJson: JSON.stringify(plan) }));
  if (isJson) return console.log(JSON.stringify(standing));
  console.log(pictureOf(standing).join('\n'));
  if (!isOver(standing.state))
    console.log(`it begins when a mesh of the registry runs; sheaf ${kind}s rollout ${name} shows it live`);
}
