/** The postcode example reads one page, and sends what its processes did to a back end of traces. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { startMesh } from '@sheaf/supervisor';
import { createRemote } from '@sheaf/transport';
import { readPage } from '../../examples/postcode/read-page.ts';
import { programs } from '../support/programs.ts';
import { root } from './stock-tools.ts';

/** `variables` of OpenTelemetry say where to. Every process has sent its spans when it has ended. */
export async function readOnePage(variables: Readonly<Record<string, string>>): Promise<void> {
  const example = join(root, 'examples/postcode/');
  const { mesh, problems } = await readMesh(example);
  assert.ok(mesh, problems.map(formatProblem).join('\n'));
  Object.assign(process.env, variables);
  const running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} }).finally(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
  const gateway = createRemote(`127.0.0.1:${running.gateway.port}`, { service: 'gateway', limits: mesh.limits });
  try {
    await readPage(gateway, await readFile(`${example}pages/092.png`), '092.png');
  } finally {
    gateway.close();
    await running.stop();
  }
}

/** A span as a back end has it. */
export interface ShownSpan {
  readonly id: string;
  /** '' of the first. */
  readonly parentId: string;
  readonly name: string;
  readonly service: string;
}

/** One tree, each span below the one that asked for it, up to the call; names in lower case. */
export function assertWhole(spans: readonly ShownSpan[]): void {
  const byId = new Map(spans.map((span) => [span.id, span]));
  assert.equal(byId.size, spans.length);
  const roots = spans.filter(({ parentId }) => !byId.has(parentId));
  assert.deepEqual(
    roots.map(({ name, service }) => [name.toLowerCase(), service]),
    [['gateway modelinfer', 'sheaf-gateway']],
  );
  const names = new Set(spans.map(({ name }) => name));
  for (const name of ['stage locate', 'stage crop', 'stage read', 'member cnn', 'member forest', 'member kernel'])
    assert.ok(names.has(name), `${name} in ${[...names].join(', ')}`);
  for (const span of spans.filter(({ name }) => name.startsWith('run ')))
    assert.match(byId.get(span.parentId)?.name ?? '', / modelinfer$/i);
}
