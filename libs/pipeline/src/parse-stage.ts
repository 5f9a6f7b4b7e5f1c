import { type CombinerSpec, combinerKinds } from './combiners/index.ts';
import { isRecord, type Problems } from './problems.ts';
import { type EnsembleStage, limits, type Member, type StageSpec, type Target, type TargetStage } from './spec.ts';

type Path = readonly string[];

const kinds = ['model', 'transform', 'ensemble'] as const;
const shared = ['inputs', 'timeoutMs'] as const;

/** The keys of each kind, besides the shared ones. */
const keysOf = { model: ['model', 'version'], transform: ['transform'], ensemble: ['ensemble', 'combine'] } as const;

export function parseStage(name: string, value: unknown, path: Path, problems: Problems): StageSpec | undefined {
  const body = problems.record(path, value, [...kinds.flatMap((kind) => keysOf[kind]), ...shared]);
  if (!body) return undefined;
  const present = kinds.filter((kind) => kind in body);
  const [kind] = present;
  if (!kind || present.length > 1) {
    problems.add(path, `want exactly one of ${kinds.join(', ')}, got ${present.join(' and ') || 'none'}`);
    return undefined;
  }
  for (const other of kinds.filter((candidate) => candidate !== kind)) {
    for (const key of keysOf[other].slice(1))
      if (key in body) problems.add([...path, key], `"${key}" belongs to a stage of kind ${other}`);
  }
  const base = {
    name,
    inputs: problems.references(
      [...path, 'inputs'],
      problems.entries([...path, 'inputs'], body.inputs, 'inputs by name'),
    ),
    timeoutMs: body.timeoutMs === undefined ? undefined : problems.integer([...path, 'timeoutMs'], body.timeoutMs, 1),
  };
  return kind === 'ensemble'
    ? ensemble(base, body, path, problems)
    : { ...base, kind, target: targetOf(kind, body, path, problems) };
}

type Base = Omit<TargetStage, 'kind' | 'target'>;

function targetOf(kind: 'model' | 'transform', body: Record<string, unknown>, path: Path, problems: Problems): Target {
  return kind === 'model'
    ? modelTarget(body, path, problems)
    : { kind, path: problems.text([...path, kind], body[kind], 'a path such as ./crop.ts') };
}

function modelTarget(body: Record<string, unknown>, path: Path, problems: Problems): Member['target'] {
  const name = problems.text([...path, 'model'], body.model, 'the name of a model');
  const { version } = body;
  if (version === undefined) return { kind: 'model', name };
  const text = typeof version === 'string' || typeof version === 'number' ? String(version) : '';
  if (!/^[1-9][0-9]{0,14}$/.test(text)) problems.wanted([...path, 'version'], 'a positive integer', version);
  return { kind: 'model', name, version: text };
}

function ensemble(base: Base, body: Record<string, unknown>, path: Path, problems: Problems): EnsembleStage {
  const entries = problems.entries([...path, 'ensemble'], body.ensemble, 'members by name');
  if (entries.length === 0 || entries.length > limits.membersMax) {
    problems.add([...path, 'ensemble'], `want 1 to ${limits.membersMax} members, got ${entries.length}`);
  }
  const members = entries.flatMap(([name, value]): Member[] => {
    const place = [...path, 'ensemble', name];
    problems.name(place, name);
    const member = problems.record(place, value, keysOf.model);
    return member ? [{ name, target: modelTarget(member, place, problems) }] : [];
  });
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...base, kind: 'ensemble', members, combine: combiner(body.combine, [...path, 'combine'], problems) };
}

function combiner(value: unknown, path: Path, problems: Problems): CombinerSpec {
  const entries = problems.entries(
    path,
    value,
    `one of ${combinerKinds.join(', ')}, with the members' output that it reads`,
  );
  const [[kind, output] = ['', undefined], ...others] = entries;
  const known = combinerKinds.find((candidate) => candidate === kind);
  if (isRecord(value) && (!known || others.length > 0)) {
    const got = entries.map(([key]) => key).join(' and ') || 'none';
    problems.add(path, `want exactly one of ${combinerKinds.join(', ')}, got ${got}`);
  }
  return {
    kind: known ?? 'mean',
    output: entries.length > 0 ? problems.text([...path, kind], output, "the members' output") : '',
  };
}
