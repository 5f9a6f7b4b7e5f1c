import type { AdminAction } from './action.ts';

export const reload: AdminAction = {
  run: async (client, { json }) => {
    const { epoch, changed, out } = await client.reload({});
    if (json) return console.log(JSON.stringify({ epoch, changed, out }));
    console.log(
      `epoch ${epoch}: ${changed.length > 0 ? `other ${changed.join(' and ')} than before` : 'what was there before'}`,
    );
    for (const line of out) console.log(line);
  },
};
