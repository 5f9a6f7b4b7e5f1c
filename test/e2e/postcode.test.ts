import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { InferError, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { buildModel } from '@sheaf/onnx/testing';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import { createRemote, type Remote } from '@sheaf/transport';
import { belowReadme, figureRows, overlap, score } from '../../examples/postcode/figures.ts';
import { type LabelledPage, type Reading, readPage } from '../../examples/postcode/read-page.ts';
import { programs } from '../support/programs.ts';

const example = fileURLToPath(new URL('../../examples/postcode/', import.meta.url));
const pages: readonly LabelledPage[] = JSON.parse(await readFile(`${example}pages/labels.json`, 'utf8'));

async function start(folder: string): Promise<{ running: RunningMesh; gateway: Remote }> {
  const { mesh, problems } = await readMesh(folder);
  assert.ok(mesh, problems.map(formatProblem).join('\n'));
  const running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} });
  return {
    running,
    gateway: createRemote(`127.0.0.1:${running.gateway.port}`, { service: 'gateway', limits: mesh.limits }),
  };
}

/** A few at a time: all at once, on a busy machine, the last would wait so long for the locator that its pages are read without it. */
const pagesAtOnce = 4;

async function readAll(gateway: Remote): Promise<Reading[]> {
  const readings: Reading[] = [];
  const left = [...pages.entries()];
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, { file }] = next;
      readings[index] = await readPage(gateway, await readFile(`${example}pages/${file}`), file);
    }
  };
  await Promise.all(Array.from({ length: pagesAtOnce }, lane));
  return readings;
}

/** Five boxes side by side, wherever the digits are. */
const fixedPlaces = Array.from({ length: 5 }, (_, index) => [25 + 32 * index, 25, 47 + 32 * index, 55]);

describe('the postcode example, through the mesh', () => {
  let mesh: Awaited<ReturnType<typeof start>>;
  let readings: Reading[];
  before(async () => {
    mesh = await start(example);
    readings = await readAll(mesh.gateway);
  });
  after(async () => {
    mesh.gateway.close();
    await mesh.running.stop();
  });

  it('is as good as its README says: the pages, the boxes, the ensemble and each of its members', async () => {
    assert.ok(pages.length >= 60);
    const rows = figureRows(score(pages, readings), ['digits-cnn', 'digits-forest', 'digits-kernel']);
    assert.equal(rows.length, 7);
    assert.deepEqual(await belowReadme(rows), []);
    assert.deepEqual(await belowReadme([['pages right', '87.4 %']]), ['pages right: 87.4 %; the README says 87.5 %']);
  });

  it('answers a page without digits with nothing, not with an error', () => {
    const empty = pages.filter(({ text }) => text === '');
    assert.ok(empty.length > 0);
    for (const { file } of empty) assert.equal(readings.find((reading) => reading.file === file)?.text, '');
  });

  it('says which version of what made the answer', () => {
    assert.equal(
      readings[0]?.versions,
      'locate.digit-locator=digit-locator/1, crop=crop/1, read.cnn=digits-cnn/1, read.forest=digits-forest/1, read.kernel=digits-kernel/1',
    );
  });

  it('cannot be had with fixed places: no such set of boxes finds the digits', () => {
    const found = pages.flatMap(({ boxes }) =>
      boxes.filter((box) => fixedPlaces.some((place) => overlap(box, place) >= 0.5)),
    );
    assert.ok(found.length / pages.flatMap(({ boxes }) => boxes).length < 0.5);
  });

  it('reads on while a member is down, saying so; refuses while two are, naming them; and is whole again when they are back', async () => {
    const kill = (name: string): void => {
      const service = mesh.running.services.find((candidate) => candidate.name === name);
      assert.ok(service);
      process.kill(service.pid, 'SIGKILL');
    };
    const png = await readFile(`${example}pages/${pages[0]?.file}`);
    const read = () => readPage(mesh.gateway, png, 'again');
    const until = performance.now() + 120_000;
    kill('digits-forest');
    let reading = await read();
    while (reading.missing.length === 0 && performance.now() < until) reading = await read();
    assert.deepEqual([reading.missing, reading.text], [['forest'], readings[0]?.text]);

    kill('digits-kernel');
    kill('digits-cnn');
    let refused: unknown;
    while (!refused && performance.now() < until)
      refused = await read().then(
        () => undefined,
        (error) => error,
      );
    assert.ok(refused instanceof InferError);
    assert.match(
      refused.message,
      /stage read: want 2 members to answer, got [01]; failed: .*(cnn|kernel) \(UNAVAILABLE\)/,
    );

    let whole: Awaited<ReturnType<typeof read>> | undefined;
    while ((whole === undefined || whole.missing.length > 0) && performance.now() < until)
      whole = await read().catch(() => undefined);
    assert.equal(whole?.text, readings[0]?.text);
  });
});

describe('the postcode example without its locator', () => {
  it('reads far fewer digits than it promises', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-postcode-'));
    await cp(example, folder, { recursive: true });
    const fixed = buildModel({
      inputs: [{ name: 'image', datatype: 'UINT8', shape: ['h', 'w'] }],
      outputs: [
        { name: 'boxes', datatype: 'FP32', shape: ['n', 4] },
        { name: 'scores', datatype: 'FP32', shape: ['n'] },
      ],
      nodes: [
        { op: 'Identity', inputs: ['places'], outputs: ['boxes'] },
        { op: 'Identity', inputs: ['ones'], outputs: ['scores'] },
      ],
      initializers: [
        tensorOf('places', 'FP32', [5, 4], Float32Array.from(fixedPlaces.flat())),
        tensorOf('ones', 'FP32', [5], Float32Array.of(1, 1, 1, 1, 1)),
      ],
    });
    await writeFile(join(folder, 'models/digit-locator/1/model.onnx'), fixed);
    const { running, gateway } = await start(folder);
    try {
      assert.ok(score(pages, await readAll(gateway)).digits < 0.5);
    } finally {
      gateway.close();
      await running.stop();
      await rm(folder, { recursive: true });
    }
  });
});
