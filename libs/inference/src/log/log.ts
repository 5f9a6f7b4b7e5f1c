/** Where the rooms tell what happens. Who composes a process says where that goes; until then it goes to the console. */
import { type EventName, events, type LogLevel, logLevels, logRooms, type Room } from './events.ts';

type FieldValue = string | number | boolean | readonly string[] | Readonly<Record<string, string | number | boolean>>;

/** What an event tells beside its sentence: of the fields in its entry those that are known. */
export type FieldsOf<Name extends EventName> = {
  readonly [Field in (typeof events)[Name]['fields'][number]]?: FieldValue | undefined;
};

/** An event as it happened. */
export interface LogEntry {
  readonly event: EventName;
  readonly room: Room;
  readonly level: LogLevel;
  /** A sentence for people, without a full stop. */
  readonly message: string;
  readonly fields: Readonly<Record<string, FieldValue | undefined>>;
  /** What was thrown, for whoever looks after the mesh alone. */
  readonly cause: unknown;
}

/** Hears of an event: its sentence first, since that is all some want. */
export type OnEvent = <Name extends EventName>(message: string, event: Name, fields?: FieldsOf<Name>) => void;

export type LogSink = (entry: LogEntry) => void;

/** Tells of an event. One that is below the level of its room costs a comparison. `cause` is what was thrown, if anything was. */
export function log<Name extends EventName>(
  event: Name,
  message: string,
  fields: FieldsOf<Name> = {},
  cause?: unknown,
): void {
  if (!isLogged(event)) return;
  const { room, level } = events[event];
  sink({ event, room, level, message, fields, cause });
}

/** Whether anybody hears of the event: asked before what only its line needs is made. */
export function isLogged(event: EventName): boolean {
  const { room, level } = events[event];
  return ranks[level] >= thresholds[room];
}

/** Whether any room tells of its debug events: asked before what only they need is looked at. */
export const isDebugging = (): boolean => debugged > 0;

const ranks = Object.fromEntries(logLevels.map((level, rank) => [level, rank])) as Record<LogLevel, number>;

/** What is told unless somebody asks for more, or less. */
export const usualLevel: LogLevel = 'info';

const thresholds = Object.fromEntries(logRooms.map((room) => [room, ranks[usualLevel]])) as Record<Room, number>;

/** Rooms that do. */
let debugged = 0;

/** Tells from now on of the room's events of this level and above. */
export function setLogLevel(room: Room, level: LogLevel): void {
  thresholds[room] = ranks[level];
  debugged = Object.values(thresholds).filter((threshold) => threshold === ranks.debug).length;
}

export const logLevelOf = (room: Room): LogLevel => logLevels[thresholds[room]] ?? usualLevel;

/** Where the text of an entry goes. What a supervisor tells is what whoever typed its command reads, however bad it is. */
export const isForStandardError = ({ room, level }: LogEntry): boolean =>
  room !== 'supervisor' && (level === 'warn' || level === 'error');

/** What an entry is on a terminal, with its cause where it has one. */
const toConsole: LogSink = (entry) => {
  const { message, cause } = entry;
  const print = isForStandardError(entry) ? console.error : console.log;
  if (cause === undefined) print(message);
  else print(`${message}:`, cause);
};

let sink = toConsole;

/** All that is told from now on goes there. Answers what takes that back. */
export function sendLogTo(next: LogSink): () => void {
  const before = sink;
  sink = next;
  return () => {
    sink = before;
  };
}
