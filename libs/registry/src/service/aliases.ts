/** Aliases: where they stand, stood, and go. */
import type { RegistryService } from '@sheaf/transport';
import { checkAlias } from '../names.ts';
import { invalid, notThere, quoted } from '../refusals.ts';
import type { RegistryStore } from '../registry-store.ts';
import { checkTrusted, type Trust } from '../trusted.ts';
import { actorOf, entryOf, limitOf } from './caller.ts';
import { aliasMessage, moveMessage } from './messages.ts';
import { messageOf, resolve } from './versions.ts';

type Methods = Pick<RegistryService, 'listAliases' | 'getAliasAt' | 'moveAlias' | 'freezeAlias' | 'listHistory'>;

const movesMax = 1_000;
/** As the target of a move: the alias is taken away. */
const nowhere = '-';

export function aliasMethods(store: RegistryStore, trust: Trust): Methods {
  return {
    listAliases: async (request, caller) => {
      const { name } = await entryOf(store, request, caller);
      return { aliases: (await store.aliasesOf(name)).map(aliasMessage) };
    },
    getAliasAt: async ({ alias, atMs, ...named }, caller) => {
      checkAlias(alias);
      const { name } = await entryOf(store, named, caller);
      const record = await store.aliasAt(name, alias, atMs);
      if (!record)
        throw notThere(`the alias ${quoted(alias)} of ${quoted(name)} stood nowhere at that time`, 'ALIAS_NOT_FOUND');
      return messageOf(store, name, record);
    },
    moveAlias: async ({ alias, to, expectedEpoch, why, evidence, force, ...named }, caller) => {
      checkAlias(alias);
      if (to === '')
        throw invalid('to', 'want a version, an alias or a digest, or "-" to take the alias away, got none');
      const entry = await entryOf(store, named, caller);
      const { name, kind } = entry;
      const target = to === nowhere ? undefined : await resolve(store, entry, to);
      if (target) checkTrusted(target, await trust());
      const by = actorOf(caller);
      const move = await store.moveAlias({
        ...{ name, alias, expectedEpoch, by, why, evidence, force },
        to: target?.version,
      });
      const digest = target?.digest ?? '';
      return { kind, name, alias, version: move.to ?? 0, digest, epoch: move.epoch, frozen: false };
    },
    freezeAlias: async ({ alias, frozen, why, ...named }, caller) => {
      if (alias !== '') checkAlias(alias);
      const { name } = await entryOf(store, named, caller);
      await store.setFrozen({ name, ...(alias && { alias }), frozen, by: actorOf(caller), why });
      return { aliases: (await store.aliasesOf(name)).map(aliasMessage) };
    },
    listHistory: async ({ alias, before, limit, ...named }, caller) => {
      const count = limitOf(limit, movesMax);
      if (alias !== '') checkAlias(alias);
      const { name } = await entryOf(store, named, caller);
      const moves = await store.history(name, {
        ...(alias && { alias }),
        ...(before > 0 && { beforeSequence: before }),
        limit: count,
      });
      return { moves: moves.map(moveMessage), next: moves.length === count ? (moves.at(-1)?.sequence ?? 0) : 0 };
    },
  };
}
