import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type JobTerms, type Principal, type Submission, tensorOfNumbers } from '@sheaf/inference';
import { encodeResponse, type OperationMessage, readResult } from '@sheaf/transport';
import { openContents } from '../contents/contents.ts';
import { openWork } from '../open-work.ts';
import { acme, as, contextOf, signature, usual } from '../testing/later-samples.ts';
import type { Work } from '../work.ts';
import { createLaterServices } from './later-services.ts';
import type { OpenedWork } from './ports.ts';
import { createQueue } from './submit.ts';

describe('what callers are told of jobs', () => {
  let folder: string;
  let work: Work;
  let opened: OpenedWork;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-told-'));
    work = await openWork(folder);
    opened = { ...work, contents: openContents(folder) };
  });
  after(async () => {
    await work.close();
    await rm(folder, { recursive: true });
  });

  const rules = () => ({ queuedPerTenantMax: 1_000 });
  const services = createLaterServices({
    ...{ opened: async () => opened, rules, loadDecode: async () => () => [], onOperator: async () => {} },
  });
  const queue = createQueue({ opened: async () => opened, rules }, () => ({ version: '3', signature }));
  const submit = async (
    terms: Partial<JobTerms>,
    { principal }: { principal: Principal },
  ): Promise<OperationMessage> => {
    const submission: Submission = { terms: { ...usual, ...terms } };
    const inputs = [tensorOfNumbers('x', 'FP32', [1, 2], [1, 2])];
    await queue(
      { model: 'm', version: '', id: '', parameters: new Map(), inputs, outputs: [] },
      contextOf(principal, submission),
    );
    return submission.operation as OperationMessage;
  };
  const idOf = ({ name }: OperationMessage): string => name.replace('operations/', '');
  const reader: Principal = { ...acme, id: 'key:r', models: ['m', 'n'] };
  it('takes no job that is to be explained, and lets those begin first whom operators let', async () => {
    const submission: Submission = { terms: usual };
    const inputs = [tensorOfNumbers('x', 'FP32', [1, 2], [1, 2])];
    const parameters = new Map([['sheaf_explain', true]]);
    await assert.rejects(
      queue({ model: 'm', version: '', id: '', parameters, inputs, outputs: [] }, contextOf(acme, submission)),
      { code: 'INVALID_ARGUMENT', message: /sheaf_explain.*a job is not explained/ },
    );
    const priorityOf = async (principal: Principal): Promise<number | undefined> => {
      const id = idOf(await submit({ priority: 9 }, { principal }));
      const record = await work.jobs.get(id);
      await work.jobs.cancel(id);
      return record?.priority;
    };
    assert.deepEqual([await priorityOf(acme), await priorityOf({ ...acme, priority: 'critical' })], [0, 9]);
  });

  it('tells whoever does not see every name neither by what an answer was made, nor of what an error speaks', async () => {
    const end = async (succeeded: boolean): Promise<string> => {
      const id = idOf(await submit({}, { principal: reader }));
      const [lease] = await work.jobs.claim({ worker: 'w', kinds: ['infer'], count: 1, leaseMs: 60_000 });
      assert.equal(lease?.jobId, id);
      const parameters = new Map<string, string | boolean>([
        ['sheaf_versions', 's=hidden/3'],
        ['sheaf_degraded', true],
        ['label', 'x'],
      ]);
      const response = { model: 'm', version: '3', parameters, outputs: [] };
      const error = { code: 'INTERNAL', reason: 'R', message: 'hidden failed' } as const;
      const result = encodeResponse({ response, id: '', typed: false }, 0);
      await work.jobs.complete(lease, succeeded ? { kind: 'succeeded', result } : { kind: 'failed', error });
      return id;
    };
    const [good, bad] = [await end(true), await end(false)];
    const narrow: Principal = { ...reader, models: ['n'] };
    const namesOf = async (subject: string, principal: Principal): Promise<number> => {
      const { jobs = [] } = await services.jobs.list(
        { states: [], kinds: [], subject, batch: '', tenant: '', before: '', limit: 0 },
        as(principal),
      );
      const { operations = [] } = await services.operations.listOperations(
        { name: '', filter: `subject=${subject}`, pageSize: 0, pageToken: '' },
        as(principal),
      );
      return jobs.length + operations.length;
    };
    assert.equal(await namesOf('m', narrow), 0, 'its own jobs, by a name that it may not know');
    assert.ok((await namesOf('m', reader)) > 0);
    const told = async (principal: Principal) => {
      const { result } = await services.jobs.get({ id: good }, as(principal));
      const { job } = await services.jobs.get({ id: bad }, as(principal));
      return [result && [...readResult(result as { value: Buffer }).parameters.keys()], job?.error?.message];
    };
    assert.deepEqual(await told(reader), [['sheaf_degraded', 'label'], 'the job failed']);
    assert.deepEqual(await told(acme), [['sheaf_versions', 'sheaf_degraded', 'label'], 'hidden failed']);
  });
});
