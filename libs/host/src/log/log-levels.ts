/** Levels of the log at run time, for a while: whoever looks for something does not have to remember to stop. */
import { type LogLevel, log, logLevelOf, logRooms, type Room, setLogLevel, usualLevel } from '@sheaf/inference';

/** Rooms that tell more, or less, for a while. */
export interface LevelChange {
  readonly rooms: readonly Room[];
  readonly level: LogLevel;
  /** After so many milliseconds it is as usual again; so it is in a process that starts anew. */
  readonly forMs: number;
}

export interface RoomLevel {
  readonly room: Room;
  readonly level: LogLevel;
  /** Milliseconds since the epoch: when it is as usual again; 0: it is. */
  readonly untilMs: number;
}

/** Sent by a gateway to its supervisor, and by that to every process. */
export interface LevelsMessage {
  readonly kind: 'levels';
  readonly change: LevelChange;
}

const changed = new Map<Room, { readonly untilMs: number; readonly timer: NodeJS.Timeout }>();

/** Of this process. Setting a room to what is usual ends what was before. */
export function setLogLevels({ rooms, level, forMs }: LevelChange): void {
  for (const room of rooms) {
    clearTimeout(changed.get(room)?.timer);
    changed.delete(room);
    setLogLevel(room, level);
    if (level === usualLevel) continue;
    const timer = setTimeout(() => {
      changed.delete(room);
      setLogLevel(room, usualLevel);
    }, forMs).unref();
    changed.set(room, { untilMs: Date.now() + forMs, timer });
  }
}

/** In this process, and by its supervisor, if it has one, in all of the mesh. */
export function changeLogLevels(change: LevelChange): void {
  setLogLevels(change);
  if (process.send) process.send({ kind: 'levels', change } satisfies LevelsMessage);
  else tellLogLevels(change);
}

/** Says so in the log: once for all of a mesh. */
export function tellLogLevels({ rooms, level, forMs }: LevelChange): void {
  const during = level === usualLevel ? '' : ` for ${Math.round(forMs / 1_000)} s`;
  log('log.level-set', `the log tells from ${level} on of ${rooms.join(', ')}${during}`, {
    rooms,
    to: level,
    ms: forMs,
  });
}

export const logLevels = (): RoomLevel[] =>
  logRooms.map((room) => ({ room, level: logLevelOf(room), untilMs: changed.get(room)?.untilMs ?? 0 }));
