import { boolean, either, fieldsTable, integer, optional, record, required } from '@sheaf/document';
import { createKeyCheck, looksLikeApiKey, parseApiKey } from '../api-key.ts';
import { keyDaysMax } from '../key-terms.ts';
import { credentialInvalid } from '../refusals.ts';
import type { IdentityProvider } from './provider.ts';

export interface ApiKeysSpec {
  /** API keys made with `sheaf keys create`. */
  readonly keys: boolean;
  /** The most days that one of them counts from when its secret was made; undefined: as long as it says. */
  readonly keyDaysMax?: number | undefined;
}

const keysFields = {
  daysMax: required(
    integer(1, keyDaysMax),
    'The most days that a key counts from when it, or its newest secret, was made. Keys without an end, or with a later one, are not made any more; those that are there end then.',
  ),
};

const fields = {
  keys: optional(
    either((value) => typeof value === 'boolean', boolean, record(keysFields)),
    'API keys made with `sheaf keys create` count, or `{ daysMax: 90 }`: they count, and end. Default true.',
  ),
};

function refuseKeys(): never {
  throw credentialInvalid('API keys are not accepted here');
}

/** They are made and taken back by `key-administration.ts`. */
export const apiKeys: IdentityProvider<ApiKeysSpec, typeof fields> = {
  fields,
  read: ({ keys = true }) => ({
    keys: keys !== false,
    keyDaysMax: typeof keys === 'object' ? keys.daysMax : undefined,
  }),
  problems: () => [],
  reference: ['### keys', fieldsTable(keysFields)],
  example: `
identity:
  keys: { daysMax: 90 }`,
  wanted: 'x-api-key',
  isGuessed: true,
  open({ keys: doCount, keyDaysMax: daysMax }, { keys, now, onKeyUse: onUse }) {
    const check = doCount ? createKeyCheck({ keys, now, daysMax, onUse }) : refuseKeys;
    return ({ apiKey, bearer }, checkNew) => {
      const text = apiKey ?? (bearer !== undefined && looksLikeApiKey(bearer) ? bearer : undefined);
      if (text === undefined) return undefined;
      checkNew(() => `key:${parseApiKey(text)?.id}`);
      return check(text);
    };
  },
};
