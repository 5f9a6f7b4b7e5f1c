/** What every adapter of jobs, batches and predictions promises, whatever they are kept in. */
import { describe } from 'node:test';
import type { Work } from '../work.ts';
import { batchEndsContract } from './batch-ends-contract.ts';
import { batchContract } from './batches-contract.ts';
import { endsContract } from './ends-contract.ts';
import { lateCommitsContract } from './late-commits-contract.ts';
import { leaseContract } from './leases-contract.ts';
import { generationsContract, predictionsContract } from './predictions-contract.ts';
import { looksContract, orderContract } from './queue-contract.ts';
import type { WithWork } from './samples.ts';
import { submitContract } from './submit-contract.ts';

export interface WorkContractOptions {
  /** False, or why it cannot be run. */
  readonly skip?: string | false;
  /** Opens a store that nobody has used before. Its clock is `now`, also where leases end. */
  readonly open: (now: () => number) => Promise<Work>;
}

export function workContract(name: string, { skip = false, open }: WorkContractOptions): void {
  const withWork: WithWork = (test) => async () => {
    const clock = { now: 1_000 };
    const work = await open(() => clock.now);
    try {
      await test(work, clock);
    } finally {
      await work.close();
    }
  };
  describe(`${name}: a submission`, { skip }, () => submitContract(withWork));
  describe(`${name}: a lease`, { skip }, () => leaseContract(withWork));
  describe(`${name}: the end of a job`, { skip }, () => endsContract(withWork));
  describe(`${name}: the order of jobs`, { skip }, () => orderContract(withWork));
  describe(`${name}: looking at jobs`, { skip }, () => looksContract(withWork));
  describe(`${name}: a batch`, { skip }, () => batchContract(withWork));
  describe(`${name}: the end of a batch`, { skip }, () => batchEndsContract(withWork));
  describe(`${name}: a late commit`, { skip }, () => lateCommitsContract(withWork));
  describe(`${name}: predictions`, { skip }, () => predictionsContract(withWork));
  describe(`${name}: generations`, { skip }, () => generationsContract(withWork));
}
