import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { elements, type JobTerms, type Principal, type Submission, tensorOfNumbers } from '@sheaf/inference';
import { encodeResponse, type OperationMessage, readResult } from '@sheaf/transport';
import { keptBytesMax, openContents } from '../contents/contents.ts';
import { openWork } from '../open-work.ts';
import { acme, as, contextOf, operator, other, signature, usual } from '../testing/later-samples.ts';
import type { Work } from '../work.ts';
import { createLaterServices } from './later-services.ts';
import type { OpenedWork, OperatorChange } from './ports.ts';
import { createQueue, type SubmitRules } from './submit.ts';

describe('the services of what is done later', () => {
  let folder: string;
  let work: Work;
  let opened: OpenedWork;
  let rules: SubmitRules = { queuedPerTenantMax: 1_000 };
  const told: OperatorChange[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-later-'));
    work = await openWork(folder);
    opened = { ...work, contents: openContents(folder) };
  });
  after(async () => {
    await work.close();
    await rm(folder, { recursive: true });
  });

  const services = createLaterServices({
    opened: async () => opened,
    rules: () => rules,
    loadDecode: async () => () => [],
    onOperator: async (change) => void told.push(change),
  });
  const queue = createQueue({ opened: async () => opened, rules: () => rules }, ({ version }) => ({
    version: version || '3',
    signature,
  }));
  const submit = async (
    terms: Partial<JobTerms> = {},
    { principal = acme, model = 'm', rows = 1 }: { principal?: Principal; model?: string; rows?: number } = {},
  ): Promise<OperationMessage> => {
    const submission: Submission = { terms: { ...usual, ...terms } };
    const numbers = Array.from({ length: 2 * rows }, (_, at) => at);
    const inputs = [tensorOfNumbers('x', 'FP32', [rows, 2], numbers)];
    await queue(
      { model, version: '', id: '', parameters: new Map(), inputs, outputs: [] },
      contextOf(principal, submission),
    );
    return submission.operation as OperationMessage;
  };
  const idOf = ({ name }: OperationMessage): string => name.replace('operations/', '');
  /** Does the next job, as a worker would. */
  const workOff = async (): Promise<string> => {
    const [lease] = await work.jobs.claim({ worker: 'w', kinds: ['infer'], count: 1, leaseMs: 60_000 });
    assert.ok(lease);
    const y = tensorOfNumbers('y', 'FP32', [1, 1], [7]);
    const response = { model: lease.job.subject, version: lease.job.version, parameters: new Map(), outputs: [y] };
    const result = encodeResponse({ response, id: '', typed: false }, 0);
    assert.ok(await work.jobs.complete(lease, { kind: 'succeeded', result }));
    return lease.jobId;
  };

  it('queue what is submitted at the version that is asked now, and tell its result', async () => {
    const operation = await submit();
    assert.equal(operation.done, false);
    const id = idOf(operation);
    const [lease] = await work.jobs.list({ tenant: 'acme' });
    assert.deepEqual([lease?.id, lease?.subject, lease?.version, lease?.principal], [id, 'm', '3', acme]);
    assert.match(lease?.traceparent ?? '', /^00-[0-9a-f]{32}-/);
    assert.equal(await workOff(), id);
    const { job, result } = await services.jobs.get({ id }, as(acme));
    assert.equal(job?.state, 'succeeded');
    const [y] = readResult(result as { value: Buffer }).outputs;
    assert.deepEqual([...elements(y as Parameters<typeof elements>[0])], [7]);
    const done = await services.operations.getOperation({ name: operation.name }, as(acme));
    assert.deepEqual([done.done, done.result], [true, 'response']);
    assert.equal(done.response?.type_url, 'type.googleapis.com/inference.ModelInferResponse');
    await services.operations.deleteOperation({ name: operation.name }, as(acme));
    await assert.rejects(services.jobs.get({ id }, as(acme)), { code: 'NOT_FOUND', reason: 'JOB_NOT_FOUND' });
  });

  it('refuse at once what cannot be asked, and what is wrong with the terms', async () => {
    const wrong: readonly (readonly [Partial<JobTerms>, RegExp])[] = [
      [{ priority: 10 }, /^priority: want 0 to 9, got 10$/],
      [{ priority: -1 }, /^priority: /],
      [{ ttlMs: -1 }, /^ttl_ms: /],
      [{ deadlineMs: 31 * 86_400_000 }, /^deadline_ms: /],
      [{ attemptsMax: 21 }, /^attempts_max: /],
      [{ idempotencyKey: 'k'.repeat(10_000) }, /^idempotency_key: want at most 256 characters, got 10000$/],
      [{ delayMs: 10, deadlineMs: 10 }, /^delay_ms: /],
      [{ callbackUrl: 'gopher://x' }, /^callback_url: /],
    ];
    for (const [terms, message] of wrong)
      await assert.rejects(submit(terms), { code: 'INVALID_ARGUMENT', message }, JSON.stringify(terms));
    const submission: Submission = { terms: usual };
    const wrongShape = [tensorOfNumbers('x', 'FP32', [1, 3], [1, 2, 3])];
    await assert.rejects(
      queue(
        { model: 'm', version: '', id: '', parameters: new Map(), inputs: wrongShape, outputs: [] },
        contextOf(acme, submission),
      ),
      { code: 'INVALID_ARGUMENT' },
    );
    assert.equal(submission.operation, undefined);
  });

  it('let a call-back go to allowed places alone', async () => {
    const refused = { code: 'PERMISSION_DENIED', reason: 'CALLBACK_REFUSED' };
    await assert.rejects(submit({ callbackUrl: 'https://hooks.example.com/x' }), refused);
    rules = { ...rules, callbacks: { hosts: ['*.example.com', '10.0.0.1', '[::1]'], isPrivate: false } };
    for (const url of [
      'https://example.com/',
      'https://evil.com/?.example.com',
      'http://a.example.com/',
      'https://10.0.0.1/',
    ])
      await assert.rejects(submit({ callbackUrl: url }), refused, url);
    await assert.rejects(submit({ callbackUrl: 'https://u:p@a.example.com/' }), { code: 'INVALID_ARGUMENT' });
    const id = idOf(await submit({ callbackUrl: 'https://a.example.com/done' }));
    assert.equal((await services.jobs.get({ id }, as(acme))).job?.callbackUrl, 'https://a.example.com/done');
    await services.jobs.cancel({ id }, as(acme));
    rules = { queuedPerTenantMax: 1_000 };
  });

  it('answer the same request under one key with one job, and refuse another under it', async () => {
    const first = await submit({ idempotencyKey: "k'; DROP TABLE jobs; -- \u{1F600}" });
    const again = await submit({ idempotencyKey: "k'; DROP TABLE jobs; -- \u{1F600}" });
    assert.equal(again.name, first.name);
    await assert.rejects(submit({ idempotencyKey: "k'; DROP TABLE jobs; -- \u{1F600}" }, { rows: 2 }), {
      code: 'FAILED_PRECONDITION',
      reason: 'IDEMPOTENCY_KEY_REUSED',
    });
    // Of another tenant it is another key.
    const theirs = await submit({ idempotencyKey: "k'; DROP TABLE jobs; -- \u{1F600}" }, { principal: other });
    assert.notEqual(theirs.name, first.name);
    await services.jobs.cancel({ id: idOf(first) }, as(acme));
    await services.jobs.cancel({ id: idOf(theirs) }, as(other));
  });

  it('hold a tenant to the jobs of it that may wait', async () => {
    // The call-back of the job that was cancelled waits as well, and does not count.
    rules = { queuedPerTenantMax: 1 };
    const quota = { code: 'RESOURCE_EXHAUSTED', reason: 'JOBS_QUOTA' };
    const id = idOf(await submit());
    await assert.rejects(submit(), quota);
    await services.jobs.cancel({ id }, as(acme));
    const second = idOf(await submit());
    await assert.rejects(services.jobs.retry({ id }, as(acme)), quota);
    await services.jobs.cancel({ id: second }, as(acme));
    rules = { queuedPerTenantMax: 1_000 };
  });

  it('know no jobs of others, whoever asks by whatever method', async () => {
    const { name } = await submit();
    const id = idOf({ name } as OperationMessage);
    const { jobs, operations } = services;
    const unknown = { code: 'NOT_FOUND', reason: 'JOB_NOT_FOUND' };
    const hidden: Principal = { ...acme, id: 'key:h', models: ['another'] };
    for (const caller of [as(other), as(hidden)]) {
      for (const asked of [id, `${id}x`, '', '../etc', '__proto__', "'; DROP TABLE jobs; --"]) {
        await assert.rejects(jobs.get({ id: asked }, caller), unknown);
        await assert.rejects(jobs.cancel({ id: asked }, caller), unknown);
        await assert.rejects(jobs.delete({ id: asked }, caller), unknown);
        await assert.rejects(jobs.retry({ id: asked }, caller), unknown);
        await assert.rejects(jobs.wait({ id: asked }, caller)[Symbol.asyncIterator]().next(), unknown);
        const named = { name: `operations/${asked}` };
        await assert.rejects(operations.getOperation(named, caller), unknown);
        await assert.rejects(operations.cancelOperation(named, caller), unknown);
        await assert.rejects(operations.deleteOperation(named, caller), unknown);
        await assert.rejects(operations.waitOperation({ ...named, timeout: null }, caller), unknown);
      }
      const all = { states: [], kinds: [], subject: '', batch: '', tenant: 'acme', before: '', limit: 0 };
      assert.ok(!(await jobs.list(all, caller)).jobs.some((job) => job.id === id));
    }
    // Operators see and cancel it, which is written down; its result is not theirs.
    assert.equal((await jobs.get({ id }, as(operator))).job?.tenant, 'acme');
    assert.equal((await jobs.cancel({ id }, as(operator))).state, 'cancelled');
    assert.deepEqual(told.splice(0), [{ action: 'job.cancel', actor: 'key:o', job: id, tenant: 'acme' }]);
  });

  it('end what waits at once, and refuse to end what has ended', async () => {
    const { name } = await submit();
    await services.operations.cancelOperation({ name }, as(acme));
    const operation = await services.operations.getOperation({ name }, as(acme));
    assert.deepEqual([operation.done, operation.result, operation.error?.code], [true, 'error', 1]);
    await assert.rejects(services.operations.cancelOperation({ name }, as(acme)), {
      code: 'FAILED_PRECONDITION',
      reason: 'JOB_STATE',
    });
    const again = await services.jobs.retry({ id: idOf(operation) }, as(acme));
    assert.equal(again.state, 'queued');
    await assert.rejects(services.operations.deleteOperation({ name }, as(acme)), { code: 'FAILED_PRECONDITION' });
    await workOff();
    await assert.rejects(services.jobs.retry({ id: again.id }, as(acme)), { code: 'FAILED_PRECONDITION' });
  });

  it('tell whoever waits of each change, with the result at last', async () => {
    const { name } = await submit();
    const states: (string | undefined)[] = [];
    for await (const { job, result } of services.jobs.wait({ id: name.slice('operations/'.length) }, as(acme))) {
      states.push(job?.state);
      if (states.length === 1) await workOff();
      assert.equal(result !== null, job?.state === 'succeeded');
    }
    assert.deepEqual([states[0], states.at(-1)], ['queued', 'succeeded']);
    const second = await submit();
    const soon = { name: second.name, timeout: { seconds: 0, nanos: 1_000_000 } };
    assert.equal((await services.operations.waitOperation(soon, as(acme))).done, false);
    const waited = services.operations.waitOperation({ name: second.name, timeout: null }, as(acme));
    await workOff();
    assert.equal((await waited).result, 'response');
  });

  it('keep what is large in files, which go when no job needs them', async () => {
    const rows = keptBytesMax / 8 + 1;
    const { name } = await submit({}, { rows });
    const id = idOf({ name } as OperationMessage);
    const payload = await work.jobs.payload(id);
    assert.ok(payload && !(payload instanceof Uint8Array) && payload.bytes > keptBytesMax);
    assert.equal((await opened.contents.read(payload)).byteLength, payload.bytes);
    assert.deepEqual(await work.jobs.blobsInUse([payload.sha256]), [payload.sha256]);
    await services.jobs.cancel({ id }, as(acme));
    await services.jobs.delete({ id }, as(acme));
    assert.deepEqual(await work.jobs.blobsInUse([payload.sha256]), []);
  });

  it('list in pages, and filter by what clients of Google write', async () => {
    const names = [(await submit()).name, (await submit()).name].reverse();
    const list = (filter: string, pageSize = 0, pageToken = '') =>
      services.operations.listOperations({ name: 'operations', filter, pageSize, pageToken }, as(acme));
    const first = await list('done=false AND subject=m', 1);
    assert.deepEqual(
      first.operations.map(({ name }) => name),
      [names[0]],
    );
    const second = await list('done=false AND subject=m', 1, first.nextPageToken);
    assert.deepEqual(
      second.operations.map(({ name }) => name),
      [names[1]],
    );
    for (const filter of ['what', 'done=perhaps', 'state=nothing'])
      await assert.rejects(list(filter), { code: 'INVALID_ARGUMENT' }, filter);
    await assert.rejects(list('', 1_001), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(list('', 0, 'x'), { code: 'INVALID_ARGUMENT' });
    for (const name of names) await services.operations.cancelOperation({ name }, as(acme));
  });
});
