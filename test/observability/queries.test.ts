/** Every query of the shipped rules and dashboards, asked of a real Prometheus that scrapes a real mesh under traffic. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { namesIn } from './promql-names.ts';
import { dashboardQueries, recorded, ruleFiles, ruleQueries } from './shipped.ts';
import { type Prometheus, skip, startPrometheus } from './stock-prometheus.ts';
import { requests, startWatchedMesh, type WatchedMesh } from './watched-mesh.ts';

/** What may have no series in a mesh that is as well as this one, and why. */
const mayBeEmpty: Readonly<Record<string, string>> = {
  'Sheaf: mesh, What is done about bad endpoints, {{upstream}} retries unpaid':
    'its breaker opens before the budget for retries is used up',
  'Sheaf: mesh, What is done about bad endpoints, {{upstream}} left out':
    'an endpoint is left out only when it does much worse than its siblings, for long',
  'sheaf_upstream_retries_unpaid_total{job=~"$job"}': 'as above',
  'sheaf_upstream_ejections_total{job=~"$job"}': 'as above',
  'sheaf_refusals_total{policy="bytes-in-flight"}': 'nobody sends so much that memory is full',
};

/** What the variables of the dashboards are; of some, one of several has what is asked for. */
const choices: Readonly<Record<string, readonly string[]>> = {
  job: ['sheaf'],
  __rate_interval: ['10s'],
  pipeline: ['whole', 'brittle'],
  tenant: ['acme', 'greedy'],
  model: ['double', 'slow', 'failing', 'far'],
};

/** The query with each value of the variables in it. */
function filledIn(expr: string): string[] {
  const [, name] = /\$(\w+)/.exec(expr) ?? [];
  if (name === undefined) return [expr];
  const values = choices[name];
  assert.ok(values, `nobody knows the variable ${name}`);
  return values.flatMap((value) => filledIn(expr.replaceAll(`$${name}`, value)));
}

/** Each metric in a query as it is chosen there, such as `up{job="a"}`. */
function selectorsIn(expr: string): string[] {
  const names = new Set(namesIn(expr).metrics.map(({ name }) => name));
  return [...names].flatMap((name) =>
    Array.from(expr.matchAll(new RegExp(`(?<![\\w:"])${name}(?![\\w:])(\\{[^}]*\\})?`, 'g')), ([text]) => text),
  );
}

describe('the queries of rules and dashboards at a running mesh', { skip }, () => {
  let mesh: WatchedMesh;
  let prometheus: Prometheus;

  const isThere = async (expr: string): Promise<boolean> => {
    for (const query of filledIn(expr)) if ((await prometheus.query(query)).length > 0) return true;
    return false;
  };

  before(async () => {
    mesh = await startWatchedMesh();
    prometheus = await startPrometheus({ targets: [mesh.target], scrapeMs: 500, rules: ruleFiles });
    mesh.keepAsking('acme', requests.double, { atOnce: 4 });
    mesh.keepAsking('acme', requests.whole);
    mesh.keepAsking('acme', requests.failing);
    mesh.keepAsking('acme', requests.brittle, { pauseMs: 200 });
    mesh.keepAsking('acme', requests.unknown);
    mesh.keepAsking('greedy', requests.double);
    mesh.keepAsking('acme', requests.slow, { atOnce: 6 });
    mesh.keepAsking('acme', requests.endless, { pauseMs: 500 });
    await mesh.breakPipeline();
    await waitFor(
      () => isThere('sheaf:requests_bad:ratio5m > 0'),
      () => '',
      60_000,
    );
    mesh.far.fails = true;
    await waitFor(
      () => isThere('sheaf_breaker_state == 2'),
      () => '',
      60_000,
    );
    await waitFor(
      () => isThere('ALERTS{alertstate="firing"}'),
      () => '',
      60_000,
    );
    await waitFor(
      () => isThere('rate(sheaf_members_left_out_total[10s]) > 0'),
      () => '',
      60_000,
    );
  });
  after(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await mesh?.[Symbol.asyncDispose]();
  });

  for (const { of, expr } of [...dashboardQueries, ...ruleQueries.filter(({ of }) => recorded.has(of))])
    it(`have an answer: ${of}`, async () => {
      if (of in mayBeEmpty) return;
      await waitFor(
        () => isThere(expr),
        () => expr,
        20_000,
      );
    });

  it('choose series that there are', async () => {
    const selectors = new Set([...dashboardQueries, ...ruleQueries].flatMap(({ expr }) => selectorsIn(expr)));
    const empty = [];
    // What is of a process that has been started again since was there too.
    for (const selector of selectors)
      if (!(selector in mayBeEmpty) && !(await isThere(`last_over_time(${selector}[10m])`))) empty.push(selector);
    assert.deepEqual(empty, []);
  });

  it('list nothing as empty that is not', async () => {
    for (const listed of Object.keys(mayBeEmpty)) {
      const expr = dashboardQueries.find(({ of }) => of === listed)?.expr ?? listed;
      assert.equal(await isThere(expr), false, listed);
    }
  });

  it('find none where there is none', async () => {
    assert.equal(await isThere('sheaf_requests_total{model="$model", outcome="answred"}'), false);
    assert.deepEqual(selectorsIn('rate(up{job="a"}[5m]) / on (job) sheaf_epoch'), ['up{job="a"}', 'sheaf_epoch']);
  });

  it('have exemplars, which carry the ids of traces', async () => {
    const ids = (): Promise<readonly string[]> =>
      prometheus.exemplars('sheaf_request_duration_seconds_bucket{outcome="answered"}');
    await waitFor(async () => (await ids()).length > 0);
    for (const id of await ids()) assert.match(id, /^[0-9a-f]{32}$/);
  });
});
