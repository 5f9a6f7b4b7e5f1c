import type { Server } from '@sheaf/transport';

/** How often health is looked at while a service is in a crash loop, or a part of the folder is not served. */
const announceMs = 1_000;

/** Has health tell what is ready, whenever that may have changed. */
export interface Announcer {
  /** The servers whose health it is; none before. */
  readonly servers: Server[];
  announce(): void;
  /** Announces, and keeps doing so for as long as not all is well: what is not ready may be so again by then. */
  keepAnnouncing(): void;
}

/** `isAllWell` says whether nothing is missing that may come back by itself. */
export function createAnnouncer(isAllWell: () => boolean): Announcer {
  const servers: Server[] = [];
  let again: NodeJS.Timeout | undefined;
  const announce = (): void => {
    for (const server of servers) server.open();
  };
  return {
    servers,
    announce,
    keepAnnouncing: () => {
      announce();
      clearInterval(again);
      again = isAllWell() ? undefined : setInterval(announce, announceMs).unref();
    },
  };
}
