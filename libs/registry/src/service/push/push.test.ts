import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PushResponse, RegistryCalls } from '@sheaf/transport';
import { pushVersion } from '../../client/push-version.ts';
import { refusal } from '../../testing/samples.ts';
import { fileOf, openTestService } from '../../testing/service-samples.ts';

type Sent = Parameters<ReturnType<RegistryCalls['push']>['send']>[0];

const large = fileOf('model.onnx', Buffer.alloc(3 * 2 ** 20, 7));
const small = fileOf('model.onnx', 'small');
const listed = ({ path, sizeBytes, sha256 }: typeof large) => ({ path, sizeBytes, sha256 });
const begin = (name = 'digits', files = [listed(large)]): Sent => ({ begin: { name, manifest: { files } } });
const chunkAt = (offset: number, bytes = 65_536): Sent => ({
  chunk: { sha256: large.sha256, offset, data: Buffer.from(large.source).subarray(offset, offset + bytes) },
});

/** Sends requests, one after each answer that is awaited, and answers what came until then. */
async function pushed(
  calls: RegistryCalls,
  first: Sent,
  then: (plan: NonNullable<PushResponse['plan']>) => readonly Sent[],
) {
  const { send, end, responses } = calls.push();
  const told: PushResponse[] = [];
  send(first);
  for await (const response of responses) {
    told.push(response);
    if (!response.plan) continue;
    for (const request of then(response.plan)) send(request);
    end();
  }
  return told;
}

describe('a push', () => {
  it('that was cut goes on where it was, for the one who brought it alone', async () => {
    await using service = await openTestService();
    const ops = service.as('key:ops');
    await assert.rejects(
      pushed(ops, begin(), () => [chunkAt(0), chunkAt(65_536)]),
      refusal('FAILED_PRECONDITION', 'PUSH_CUT', /push the same again/),
    );
    let offset: number | undefined;
    const look = (plan: NonNullable<PushResponse['plan']>): readonly Sent[] => {
      offset = plan.missing[0]?.offset;
      return [];
    };
    await assert.rejects(pushed(ops, begin(), look));
    assert.equal(offset, 131_072);
    await assert.rejects(pushed(service.as('key:other'), begin(), look));
    assert.equal(offset, 0);
    const { version, created } = await pushVersion(ops, { kind: 'model', name: 'digits', files: [large], said: {} });
    assert.deepEqual([version.version, created], [1, true]);
  });

  it('says of no file that it is there to whoever has not sent it and sees it in no version', async () => {
    await using service = await openTestService();
    const hidden = { kind: 'model', name: 'hidden', files: [small], said: {} } as const;
    await pushVersion(service.as('key:ops'), hidden);
    const own = service.as('key:own', ['own*']);
    const missing = async (name: string, files = [listed(small)], calls = own) => {
      const offsets: number[] = [];
      await pushed(calls, begin(name, files), (plan) => {
        offsets.push(...plan.missing.map(({ offset }) => offset));
        return [];
      }).catch(() => {});
      return offsets;
    };
    assert.deepEqual(await missing('own'), [0]);
    // Who brings all of it has it.
    const { version, created } = await pushVersion(own, { ...hidden, name: 'own' });
    assert.deepEqual([version.version, created], [1, true]);
    assert.deepEqual(await missing('own-too'), []);
    // What was sent and is in no version yet is gone on with, by whoever sent it.
    const files = [fileOf('a', 'two'), fileOf('b', 'three')].map(listed);
    const chunk: Sent = { chunk: { sha256: files[0]?.sha256 ?? '', offset: 0, data: Buffer.from('two') } };
    await assert.rejects(
      pushed(own, begin('own', files), () => [chunk]),
      refusal('FAILED_PRECONDITION', 'PUSH_CUT'),
    );
    assert.deepEqual(await missing('own', files), [0]);
    assert.deepEqual(await missing('own', files, service.as('key:other')), [0, 0]);
  });

  it('of bytes that are not those of its sha256 is refused, and leaves no version', async () => {
    await using service = await openTestService();
    const calls = service.as('key:ops');
    const other = { ...large, sha256: fileOf('x', 'other').sha256 };
    await assert.rejects(
      pushVersion(calls, { kind: 'model', name: 'digits', files: [other], said: {} }),
      refusal('FAILED_PRECONDITION', 'BLOB_MISMATCH'),
    );
    await assert.rejects(calls.getVersion({ name: 'digits' }), refusal('NOT_FOUND', 'ENTRY_NOT_FOUND'));
  });

  it('that is no push is refused with what was wanted', async () => {
    await using service = await openTestService({ limits: { filesMax: 3, bytesMax: 4 * 2 ** 20 } });
    const calls = service.as('key:ops');
    const invalid = (message: RegExp) => refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', message);
    const path = (text: string) => begin('digits', [{ ...listed(large), path: text }]);
    const cases: readonly (readonly [Sent, (error: unknown) => true])[] = [
      [chunkAt(0), invalid(/^step: want begin here, got chunk/)],
      ...['../etc', 'a/../b', '/etc/passwd', '..\\..\\x', 'a\0b', 'a\nb', ' ..', 'x'.repeat(129), '．．／x', '...'].map(
        (name) => [begin(name), invalid(/^name: want /)] as const,
      ),
      ...['../x', '/x', 'a/../../x', 'a\\b', 'a//b', './x', 'con', 'a\0', 'ａ／ｂ', ''].map(
        (name) => [path(name), invalid(/^files\[0\]\.path: want /)] as const,
      ),
      [
        begin('digits', [listed(small), { ...listed(small), path: 'MODEL.onnx' }]),
        invalid(/^files: want paths that differ/),
      ],
      [begin('digits', []), invalid(/^files: want at least one file/)],
      [{ begin: { name: 'digits' } }, invalid(/^begin\.manifest: want one, got none/)],
      [{ begin: { name: 'digits', kind: 'graph', manifest: {} } }, invalid(/^kind: want model or pipeline/)],
      [
        { begin: { name: 'digits', manifest: { files: [] }, fileCount: 4 } },
        refusal('RESOURCE_EXHAUSTED', 'VERSION_TOO_LARGE', /at most 3, got 4/),
      ],
      [
        begin('digits', [{ ...listed(large), sizeBytes: 5 * 2 ** 20 }]),
        refusal('RESOURCE_EXHAUSTED', 'VERSION_TOO_LARGE', /bytes in all/),
      ],
    ];
    for (const [first, wanted] of cases)
      await assert.rejects(
        pushed(calls, first, () => []),
        wanted,
      );
    await assert.rejects(
      pushed(calls, begin(), () => [chunkAt(65_536)]),
      refusal('FAILED_PRECONDITION', 'OFFSET_OTHER', /want 0, got 65536/),
    );
    assert.deepEqual((await calls.listEntries({})).entries, []);
  });

  it('that brings nothing for too long ends, and so does one that is one too many', async () => {
    await using service = await openTestService({ limits: { silenceMaxMs: 5, pushesMax: 1 } });
    const calls = service.as('key:ops');
    const first = calls.push();
    const answers = first.responses[Symbol.asyncIterator]();
    const silent = answers.next();
    await assert.rejects(
      pushVersion(calls, { kind: 'model', name: 'iris', files: [large], said: {} }),
      refusal('RESOURCE_EXHAUSTED', 'PUSHES_TOO_MANY'),
    );
    await assert.rejects(silent, refusal('DEADLINE_EXCEEDED', 'PUSH_SILENT'));
  });

  it('of one credential leaves room for those of others', async () => {
    await using service = await openTestService({ limits: { pushesOfOneMax: 1 } });
    const calls = service.as('key:ops');
    const first = calls.push();
    const waiting = first.responses[Symbol.asyncIterator]().next();
    const push = (who: typeof calls) => pushVersion(who, { kind: 'model', name: 'iris', files: [large], said: {} });
    await assert.rejects(push(calls), refusal('RESOURCE_EXHAUSTED', 'PUSHES_TOO_MANY', /1 of one credential at once/));
    assert.equal((await push(service.as('key:ci'))).created, true);
    first.end();
    await assert.rejects(waiting, refusal('FAILED_PRECONDITION', 'PUSH_CUT'));
    assert.equal((await push(calls)).created, false);
  });

  it('of a pipeline pins nothing that its publisher may not see, whether it is there or not', async () => {
    await using service = await openTestService({
      judge: async ({ sees }) => ({ state: 'ready', why: `${sees('own')} ${sees('other')}` }),
    });
    const calls = service.as('key:own', ['own', 'p']);
    const push = (name: string) =>
      pushVersion(calls, {
        ...{ kind: 'pipeline', name: 'p', files: [fileOf('pipeline.yaml', name)] },
        said: { pins: [{ name, digest: '', alias: 'champion' }] },
      });
    await pushVersion(service.as('key:ops'), { kind: 'model', name: 'hidden', files: [small], said: {} });
    for (const name of ['hidden', 'not-there'])
      await assert.rejects(
        push(name),
        refusal(
          'NOT_FOUND',
          'ENTRY_NOT_FOUND',
          new RegExp(`^there is no model or pipeline "${name}" in the registry$`),
        ),
      );
    assert.equal((await push('own')).version.why, 'true false');
  });

  it('is refused where its publisher has too much already, or the disk has too little, with what to do', async () => {
    let publisherBytesMax = 8;
    await using service = await openTestService({ limitsNow: async () => ({ publisherBytesMax }) });
    const calls = service.as('key:ops');
    const push = (text: string, name = 'digits', who = calls) =>
      pushVersion(who, { kind: 'model', name, files: [fileOf('model.onnx', text)], said: {} });
    await push('12345');
    const tooMuch = refusal(
      'RESOURCE_EXHAUSTED',
      'PUBLISHER_FULL',
      /at most 8 bytes of one publisher, got 9 with those/,
    );
    await assert.rejects(push('abcd', 'other'), tooMuch);
    // What is there already brings nothing, others have room of their own, and what was deleted counts no more.
    assert.equal((await push('12345', 'other')).created, true);
    assert.equal((await push('abcd', 'other', service.as('key:ci'))).created, true);
    publisherBytesMax = 9;
    assert.equal((await push('wxyz', 'third')).created, true);
    await assert.rejects(push('1', 'fourth'), refusal('RESOURCE_EXHAUSTED', 'PUBLISHER_FULL'));
    await calls.deleteVersion({ name: 'third', version: 1, why: 'room' });
    assert.equal((await push('1', 'fourth')).created, true);
  });

  it('counts what was sent and is in no version, so that nobody fills a disk by pushes that they break off', async () => {
    await using service = await openTestService({ limits: { publisherBytesMax: large.sizeBytes + 10 } });
    const calls = service.as('key:ops');
    await assert.rejects(
      pushed(calls, begin(), () => [chunkAt(0), chunkAt(65_536)]),
      refusal('FAILED_PRECONDITION', 'PUSH_CUT'),
    );
    const more = {
      kind: 'model',
      name: 'more',
      files: [fileOf('model.onnx', Buffer.alloc(large.sizeBytes, 8))],
      said: {},
    } as const;
    await assert.rejects(pushVersion(calls, more), refusal('RESOURCE_EXHAUSTED', 'PUBLISHER_FULL'));
    // The same is gone on with: what is there of it is not counted twice.
    await pushVersion(calls, { ...more, name: 'digits', files: [large] });
  });

  it('leaves room on the disk', async () => {
    await using service = await openTestService({ limits: { freeBytesMin: 2 ** 60 } });
    await assert.rejects(
      pushVersion(service.as('key:ops'), { kind: 'model', name: 'digits', files: [small], said: {} }),
      refusal('RESOURCE_EXHAUSTED', 'DISK_FULL', /want room for 5 bytes that leaves/),
    );
  });

  it('is judged before it may be served', async () => {
    await using service = await openTestService({
      judge: async ({ name }) => ({ state: 'quarantined', why: `${name} gives NaN`, trial: { nan: true } }),
    });
    const calls = service.as('key:ops');
    const { version } = await pushVersion(calls, { kind: 'model', name: 'digits', files: [large], said: {} });
    assert.deepEqual(
      [version.state, version.why, version.trialJson],
      ['quarantined', 'digits gives NaN', '{"nan":true}'],
    );
  });
});
