/** `npm run dashboards`: writes the dashboards, which Grafana reads, from the files here. */
import { writeFile } from 'node:fs/promises';
import { dashboardFolder, dashboards } from './all.ts';

for (const [name, content] of Object.entries(dashboards))
  await writeFile(new URL(name, dashboardFolder), `${JSON.stringify(content, undefined, 2)}\n`);
