/** From which level on rooms tell of events in the log. */
import { InferError, isLogLevel, type LogLevel, logLevels, logRooms, type Room } from '@sheaf/inference';
import type { State } from '@sheaf/store';
import type { AdminService, RoomLevel } from '@sheaf/transport';
import { actorOf } from './actor.ts';

export interface LogLevelPorts {
  readonly state: Pick<State, 'audit'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly logLevels: () => RoomLevel[];
  /** In every process of the mesh, for so many milliseconds. */
  readonly setLogLevels: (rooms: readonly Room[], level: LogLevel, forMs: number) => void;
}

const forMsDefault = 15 * 60_000;
const forMsMax = 24 * 3_600_000;

export function logLevelMethods(ports: LogLevelPorts): Pick<AdminService, 'getLogLevels' | 'setLogLevels'> {
  const { state, now, setLogLevels } = ports;
  return {
    getLogLevels: async () => ({ rooms: ports.logLevels() }),
    setLogLevels: async ({ rooms: named, level, forMs }, principal) => {
      const rooms = named.length > 0 ? [...new Set(named.map(roomOf))] : logRooms;
      if (!isLogLevel(level)) throw invalid(`level: want ${logLevels.join(', ')}, got "${level}"`);
      if (!(forMs >= 0 && forMs <= forMsMax)) throw invalid(`for_ms: want 0 to ${forMsMax}, got ${forMs}`);
      const subject = named.length > 0 ? rooms.join(', ') : 'all';
      const [actor, during] = [actorOf(principal), forMs || forMsDefault];
      const detail = `${level} for ${Math.round(during / 1_000)} s`;
      await state.audit.append({ at: now(), actor, action: 'log.level', subject, detail });
      setLogLevels(rooms, level, during);
      return { rooms: ports.logLevels() };
    },
  };
}

function roomOf(name: string): Room {
  const room = logRooms.find((one) => one === name);
  if (room === undefined) throw invalid(`rooms: want ${logRooms.join(', ')}, got "${name}"`);
  return room;
}

const invalid = (message: string): InferError =>
  new InferError('INVALID_ARGUMENT', message, { reason: 'LOG_LEVEL_INVALID' });
