import type { AdminAction } from './action.ts';

export const drain: AdminAction = {
  run: async (client, { json }) => {
    await client.drain({});
    console.log(json ? '{}' : 'the gateway drains');
  },
};
