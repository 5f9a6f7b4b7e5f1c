/** The names in a query of PromQL, without a parser of all of it: promtool and Prometheus say what is wrong otherwise. */

export interface UsedMetric {
  readonly name: string;
  /** Labels that it is chosen by. */
  readonly labels: readonly string[];
}

export interface QueryNames {
  readonly metrics: readonly UsedMetric[];
  /** Labels that something is grouped or matched by. */
  readonly groupedBy: readonly string[];
}

const words = new Set(['and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring', 'group_left']);
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const selector = /([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?/g;

const namesOf = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

export function namesIn(expr: string): QueryNames {
  const bare = expr.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '').replace(/\[[^\]]*\]/g, '');
  const groupedBy = Array.from(bare.matchAll(grouping), ([, list = '']) => namesOf(list)).flat();
  // Functions, with the bracket after them, and numbers such as 1e6.
  const rest = bare
    .replace(grouping, ' ')
    .replace(/[a-zA-Z_]\w*\s*\(/g, '(')
    .replace(/\b\d[\w.]*/g, '');
  const metrics = Array.from(rest.matchAll(selector), ([, name = '', matchers = '']) => ({
    name,
    labels: namesOf(matchers).map((matcher) => matcher.replace(/\s*(?:=~|!~|!=|=).*$/, '')),
  })).filter(({ name }) => !words.has(name));
  return { metrics, groupedBy };
}
