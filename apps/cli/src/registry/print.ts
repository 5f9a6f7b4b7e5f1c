/** Entries, versions and moves as text. */

import type { Pushed } from '@sheaf/registry';
import { printable, table } from '@sheaf/terminal';
import type { AliasMoveMessage, EntryMessage, VersionMessage } from '@sheaf/transport';

export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function sizeText(bytes: number): string {
  let [rest, unit] = [bytes, 0];
  for (; rest >= 1024 && unit < units.length - 1; unit++) rest /= 1024;
  return `${unit === 0 ? rest : rest.toFixed(1)} ${units[unit]}`;
}

export function entriesText(entries: readonly EntryMessage[]): string {
  const rows = entries.map(({ name, versionCount, newest, aliases }) => [
    printable(name),
    String(versionCount),
    newest === 0 ? 'none' : String(newest),
    aliases.map(({ alias, version, frozen }) => `${alias} ${version}${frozen ? ' (frozen)' : ''}`).join(', '),
  ]);
  return table([['name', 'versions', 'newest', 'aliases'], ...rows]);
}

export function versionsText(versions: readonly VersionMessage[]): string {
  const rows = versions.map(({ version, digest, state, createdAtMs, by, aliases, why }) => [
    String(version),
    shortDigest(digest),
    state,
    timeText(createdAtMs),
    printable(by),
    aliases.join(', '),
    printable(why),
  ]);
  return table([['version', 'digest', 'state', 'pushed', 'by', 'aliases', 'why'], ...rows]);
}

export function versionText(version: VersionMessage): string {
  const { kind, name, version: number, digest, state, why, createdAtMs, by, aliases, manifest } = version;
  const {
    files = [],
    labels = {},
    metrics = {},
    pins = [],
    parent,
    producer,
    featureView,
    trainingWindow,
  } = manifest ?? {};
  const pairs = (of: Readonly<Record<string, string | number>>): string =>
    Object.entries(of)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ');
  const facts: readonly (readonly [string, string])[] = [
    [kind, `${name}/${number}`],
    ['digest', digest],
    ['state', why ? `${state}: ${why}` : state],
    ['aliases', aliases.join(', ')],
    ['pushed', `${timeText(createdAtMs)} by ${by}`],
    ['labels', pairs(labels)],
    ['parent', parent ?? ''],
    ['producer', producer ?? ''],
    ['trained on', trainingWindow ? `${timeText(trainingWindow.fromMs)} to ${timeText(trainingWindow.toMs)}` : ''],
    ['feature view', featureView ?? ''],
    ['metrics', pairs(metrics)],
    ['pins', pins.map(({ name: pinned, digest: to, alias }) => `${pinned}/${to ? shortDigest(to) : alias}`).join(', ')],
  ];
  const lines = facts.filter(([, text]) => text !== '').map(([key, text]) => [key, printable(text)]);
  const rows = files.map(({ path, sizeBytes, sha256 }) => [printable(path), sizeText(sizeBytes), sha256]);
  return `${table(lines)}\n${table([['file', 'size', 'sha256'], ...rows])}`;
}

export function movesText(moves: readonly AliasMoveMessage[]): string {
  const place = (version: number): string => (version === 0 ? '-' : String(version));
  const rows = moves.map(({ atMs, alias, from, to, by, why }) => [
    timeText(atMs),
    alias,
    `${place(from)} -> ${place(to)}`,
    printable(by),
    printable(why),
  ]);
  return table([['at', 'alias', 'moved', 'by', 'why'], ...rows]);
}

export function pushedText({ version: { name, version, digest, state, why }, created }: Pushed): string {
  const line = `${name}/${version} ${created ? 'is new' : 'has this content already'}: ${digest}`;
  return state === 'ready' ? line : `${line}\nit is ${state}: ${printable(why)}`;
}
