import { table } from './table.ts';

/** A tree of lines, each of some cells; the cells stand in columns. */
export function tree<T>(
  root: T,
  cellsOf: (node: T) => readonly string[],
  childrenOf: (node: T) => readonly T[],
): string {
  const rows = (node: T, lead: string, childLead: string): string[][] => {
    const [first = '', ...others] = cellsOf(node);
    const children = childrenOf(node);
    const below = children.flatMap((child, index) => {
      const last = index === children.length - 1;
      return rows(child, `${childLead}${last ? '└─ ' : '├─ '}`, `${childLead}${last ? '   ' : '│  '}`);
    });
    return [[`${lead}${first}`, ...others], ...below];
  };
  return table(rows(root, '', ''));
}
