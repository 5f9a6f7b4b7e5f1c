/** Reads a mesh, and makes a picture of two readings. */
import type { AdminClient } from '@sheaf/admin';
import type { Picture } from './draw/draw.ts';
import { type Folder, folderOf } from './folder.ts';
import { createInterval, type Reading } from './interval.ts';
import { parseMetrics } from './parse-metrics.ts';
import { nameDetails, serviceDetails } from './rows/details.ts';
import { meshRow } from './rows/mesh.ts';
import { nameRows } from './rows/names.ts';
import { serviceRows } from './rows/services.ts';
import type { View } from './view.ts';

/** A mesh as it is at one time. */
export interface Look extends Reading {
  readonly folder: Folder;
  /** The time of day. */
  readonly at: string;
}

export async function readMesh(client: Pick<AdminClient, 'getMetrics' | 'getConfiguration'>): Promise<Look> {
  const [{ text }, { json }] = await Promise.all([client.getMetrics({}), client.getConfiguration({})]);
  return {
    atMs: performance.now(),
    at: new Date().toTimeString().slice(0, 8),
    samples: parseMetrics(text.toString()),
    folder: folderOf(json),
  };
}

/** All that is known of a mesh, for people and for scripts. */
export function factsOf(before: Look | undefined, now: Look) {
  const interval = createInterval(before, now);
  const { folder } = now;
  return {
    seconds: interval.seconds,
    mesh: meshRow(interval, folder),
    rows: { names: nameRows(interval, folder), services: serviceRows(interval, folder) },
    /** What a view looks into. */
    sections: ({ table, inside }: Pick<View, 'table' | 'inside'>) => {
      if (inside === undefined) return [];
      return table === 'names' ? nameDetails(interval, folder, inside) : serviceDetails(interval, inside);
    },
  };
}

export type Facts = ReturnType<typeof factsOf>;

export const pictureOf = (facts: Facts, view: View, told: Pick<Picture, 'address' | 'at' | 'problem'>): Picture => ({
  ...told,
  ...facts,
  sections: facts.sections(view),
});
