/** Pieces of lines. All text is of one column a character: names in a mesh are ASCII, and whatever else comes is made so. */
import type { Style } from './columns.ts';

/** Gives text a style; as it is where there are no colours. */
export type Paint = (style: Style, text: string) => string;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Text that others chose, as characters of one column each. */
export const plain = (text: string): string => text.replace(/[^ -~]/g, '?');

/** Cut, with a sign that it was. */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}~`.slice(0, width);

/** At the left of `width` columns, or at the right. */
export const left = (text: string, width: number): string => cut(text, width).padEnd(width);
export const right = (text: string, width: number): string => cut(text, width).padStart(width);
