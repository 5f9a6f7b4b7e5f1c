/** `jobs` of mesh.yaml: how much work waits for later, who does it, and who is told of its end. */
import {
  boolean,
  integer,
  list,
  mayBeEmpty,
  optional,
  record,
  required,
  text,
  type ValueOf,
  withDefault,
} from '@sheaf/document';
import { jobsSecret } from './secrets.ts';

const hostName = text(
  'the name of a host, such as hooks.example.com or *.example.com',
  /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/,
);

export const callbackFields = {
  hosts: required(
    list(hostName, 'a list of names of hosts', 256),
    'Hosts that may be told; `*.example.com` is every name below it, and not the name itself.',
  ),
  private: withDefault(
    boolean,
    false,
    'Whether addresses that are not public may be told too, and by `http:`; else `https:` at public addresses alone.',
  ),
  secret: required(
    jobsSecret,
    'Where the secret is that call-backs are signed with, as Standard Webhooks has it: `whsec_` and 24 to 64 bytes in base64.',
  ),
};

export const jobsFields = {
  workers: withDefault(
    integer(0, 16),
    1,
    'Processes that do the work. They start with the first job, or the first batch that runs by itself; 0 is none, where others do it.',
  ),
  callsMax: withDefault(
    integer(1, 1_024),
    16,
    'Calls that each worker has under way at most. How many it really has follows what callers leave free.',
  ),
  queuedPerTenantMax: withDefault(
    integer(1, 10_000_000),
    100_000,
    'Jobs that one tenant has submitted and that may wait; what would be more is refused. Chunks of batches and call-backs do not count.',
  ),
  callbacks: optional(
    record(callbackFields),
    'Who may be told by a call-back that a job has ended. Default: nobody, and a job that wants one is refused.',
  ),
};

export const jobs = mayBeEmpty(record(jobsFields));

export type JobsGiven = ValueOf<typeof jobs>;
