import type { AdminAction } from './action.ts';
import { type Configuration, configurationText } from './configuration-text.ts';

export const config: AdminAction = {
  run: async (client, values) => {
    const { json } = await client.getConfiguration({});
    console.log(values['json'] ? json : configurationText(JSON.parse(json) as Configuration));
  },
};
