import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Journal } from '@sheaf/inference';
import { logShadows } from './shadow-log.ts';

function journalWith(decisions: Readonly<Record<string, string>>): Journal {
  const journal = new Journal();
  const rules = Object.entries(decisions).map(([rule, decision]) => [`sheaf.rule.${rule}`, decision]);
  journal.end(journal.start('rules', 'before', undefined), 'OK', undefined, Object.fromEntries(rules));
  return journal;
}

describe('the log of rules in shadow', () => {
  it('tells what each would have done, at most once a second, and how often', () => {
    const lines: Record<string, unknown>[] = [];
    let now = 0;
    const log = logShadows(
      (line) => lines.push(JSON.parse(line)),
      () => now,
    );
    const told = () => lines.splice(0).map(({ rule, action, calls }) => [rule, action, calls]);

    log(journalWith({ strict: 'refuse: would-act', other: 'label: acted', third: 'keep: passed' }));
    assert.deepEqual(told(), [['strict', 'refuse', 1]]);
    now = 999;
    log(journalWith({ strict: 'refuse: would-act' }));
    log(journalWith({ soft: 'label: would-act' }));
    assert.deepEqual(told(), [['soft', 'label', 1]]);
    now = 1_000;
    log(journalWith({ strict: 'refuse: would-act' }));
    assert.deepEqual(told(), [['strict', 'refuse', 2]]);
  });
});
