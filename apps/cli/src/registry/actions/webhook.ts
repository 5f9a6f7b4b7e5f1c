import { addWebhook, openRegistry, readWebhooks, removeWebhook } from '@sheaf/registry';
import { printable, table } from '@sheaf/terminal';
import { type OptionValues, UsageError } from '../../command.ts';
import type { RegistryAction } from '../action.ts';

const uses = ['add', 'list', 'remove'];

export const webhook: RegistryAction = {
  usage: 'add|list|remove [<url>]',
  summary: 'addresses that are told of every change, signed; in the folder alone: who may write there says who is told',
  options: { private: { type: 'boolean' } },
  help: `    --private            add: it may be of this machine or of a network behind it, and plain http`,
  words: [1, 2],
  async run({ folder, title }, [use = '', url], values) {
    if (!uses.includes(use)) throw new UsageError(`want ${uses.join(', ')}, got "${use}"`);
    if (values['address'] !== undefined)
      throw new UsageError(`webhooks of ${title} are changed in its folder, and not with --address`);
    if (use === 'list') return listAll(folder, values);
    if (url === undefined) throw new UsageError(`usage: sheaf models webhook ${use} <url>`);
    if (use === 'add') return addOne(folder, url, values);
    if (!(await removeWebhook(folder, url)))
      throw new UsageError(`${url} is told of nothing; sheaf models webhook list tells which are`);
    console.log(values['json'] ? JSON.stringify({ url }) : `${printable(url)} is told of nothing more`);
  },
};

async function listAll(folder: string, { json }: OptionValues): Promise<void> {
  const all = (await readWebhooks(folder)).map(({ secret: _, ...webhook }) => webhook);
  if (json) return console.log(JSON.stringify(all));
  const rows = all.map(({ url, isPrivate }) => [printable(url), isPrivate ? 'private' : '']);
  console.log(
    rows.length > 0 ? table([['url', ''], ...rows]) : 'no webhooks; sheaf models webhook add <url> makes one',
  );
}

/** It is told of what comes, and not of what was. */
async function addOne(folder: string, url: string, values: OptionValues): Promise<void> {
  const registry = await openRegistry(folder);
  try {
    const { sequence: after } = await registry.store.auditHead();
    const added = await addWebhook(folder, { url, isPrivate: values['private'] === true, after });
    console.log(values['json'] ? JSON.stringify(added) : added.secret);
    console.error('its secret, by which receivers check that it is us (Standard Webhooks); it is not shown again');
  } finally {
    await registry.close();
  }
}
