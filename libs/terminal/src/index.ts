export { type ProgressBar, progressBar } from './progress.ts';
export { printable, table } from './table.ts';
export { tree } from './tree.ts';
