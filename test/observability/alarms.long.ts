/** A real Prometheus scrapes a mesh that something is done to: the alert that is meant fires, and no other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { waitFor } from '../support/wait-for.ts';
import { ruleFiles } from './shipped.ts';
import { shorterRules } from './shorter.ts';
import { type Alert, type Prometheus, skip, startPrometheus } from './stock-prometheus.ts';
import { requests, startWatchedMesh } from './watched-mesh.ts';

/** So long that a machine that is busy does not miss two in a row, by which alone an alert fires. */
const scrapeMs = 1_000;
/** A gateway gives a process 3 s to tell its numbers, and Prometheus has to wait for that. */
const patientMs = 4_000;
const limitMs = 90_000;
/** Alerts change once a scrape: who asked more often would only take what the mesh needs. */
const lookMs = 250;
const rules = Object.fromEntries(Object.entries(ruleFiles).map(([name, text]) => [name, shorterRules(text)]));

const nameOf = ({ labels }: Alert): string => labels['alertname'] ?? '';

const isFiring = async (prometheus: Prometheus, name: string): Promise<boolean> =>
  (await prometheus.alerts()).some((alert) => alert.state === 'firing' && nameOf(alert) === name);

/** They are right to fire where the machine that runs the tests has too much to do: a gateway that answers two scrapes too late is down for Prometheus. */
const ofBusyMachines = [
  'SheafEventLoopLate',
  'SheafLatencyBudgetBurnsFast',
  'SheafLatencyBudgetBurns',
  'SheafGatewayDown',
];

/** Waits until these fire. Fails as soon as another one does that need not be expected. */
async function untilFiring(
  prometheus: Prometheus,
  wanted: readonly string[],
  may: readonly string[] = [],
): Promise<readonly Alert[]> {
  let firing: readonly Alert[] = [];
  await waitFor(
    async () => {
      await setTimeout(lookMs);
      firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
      const others = firing.filter((alert) => ![...wanted, ...may, ...ofBusyMachines].includes(nameOf(alert)));
      assert.deepEqual(others, []);
      return wanted.every((name) => firing.some((alert) => nameOf(alert) === name));
    },
    () => `${wanted}: ${JSON.stringify(firing)}`,
    limitMs,
  );
  return firing;
}

/** Waits until the rules have been worked out so often, and none has fired meanwhile. */
async function staysQuiet(prometheus: Prometheus, times: number): Promise<void> {
  const evaluated = async (): Promise<number> => {
    const [sample] = await prometheus.query('count_over_time(sheaf:objective:error_budget_ratio[1h])');
    return sample?.value ?? 0;
  };
  await waitFor(
    () => evaluated().then((count) => count > 0),
    () => '',
    limitMs,
  );
  const until = (await evaluated()) + times;
  await waitFor(
    async () => {
      await untilFiring(prometheus, []);
      return (await evaluated()) >= until;
    },
    () => '',
    limitMs,
  );
}

describe('alerts at a running mesh', { skip }, () => {
  it('fire for what is wrong, and not for what is not', async () => {
    await using mesh = await startWatchedMesh();
    await using prometheus = await startPrometheus({ targets: [mesh.target], scrapeMs, rules });
    mesh.keepAsking('acme', requests.double, { atOnce: 2 });
    mesh.keepAsking('acme', requests.far, { atOnce: 2 });
    // What a caller does wrong wakes nobody.
    mesh.keepAsking('acme', requests.unknown);
    await waitFor(
      () => prometheus.query('sheaf:requests_bad:ratio1h').then((found) => found.length > 0),
      () => '',
      limitMs,
    );
    await staysQuiet(prometheus, 15);

    mesh.far.fails = true;
    // Its callers are told that they are wrong, so that no budget burns.
    mesh.keepAsking('acme', requests.failing);
    const slowly = ['SheafErrorBudgetBurns', 'SheafRunsFail'];
    const ofFar = ['SheafErrorBudgetBurnsFast', 'SheafBreakerOpen'];
    const burning = await untilFiring(prometheus, [...ofFar, 'SheafRunsFail'], slowly);
    for (const { labels, annotations } of burning.filter((alert) => !ofBusyMachines.includes(nameOf(alert)))) {
      assert.equal(labels['model'], labels['alertname'] === 'SheafRunsFail' ? 'failing' : 'far');
      assert.match(annotations['runbook_url'] ?? '', /^docs\/runbooks\.md#sheaf/);
    }
    mesh.far.fails = false;

    const out = ['SheafFolderNotServed', 'SheafModelNotReady'];
    await mesh.breakPipeline();
    // Meanwhile it has its first scrape, before which it misses everything.
    await using patient = await startPrometheus({ targets: [mesh.target], scrapeMs: patientMs, rules });
    for (const { labels } of await untilFiring(prometheus, out, [...slowly, ...ofFar]))
      if (labels['alertname'] === 'SheafModelNotReady') assert.equal(labels['model'], 'brittle');
    const isOver = async (): Promise<boolean> =>
      (await Promise.all(ofFar.map((name) => isFiring(prometheus, name)))).every((is) => !is);
    await waitFor(isOver, () => '', limitMs);
    await waitFor(
      async () => (await patient.query('up')).length > 0 && !(await isFiring(patient, 'SheafGatewayDown')),
      () => '',
      limitMs,
    );
    const [service] = mesh.running.services;
    process.kill(service?.pid ?? 0, 'SIGSTOP');
    try {
      const silent = await untilFiring(patient, ['SheafServiceSilent'], [...slowly, ...out, 'SheafBreakerOpen']);
      const [alert] = silent.filter((found) => nameOf(found) === 'SheafServiceSilent');
      assert.equal(alert?.labels['upstream'], 'double');
    } finally {
      process.kill(service?.pid ?? 0, 'SIGCONT');
    }

    const { pid } = mesh.running.gateway;
    process.kill(pid ?? 0, 'SIGSTOP');
    try {
      await untilFiring(prometheus, ['SheafGatewayDown'], [...slowly, ...out]);
    } finally {
      process.kill(pid ?? 0, 'SIGCONT');
    }
  });
});
