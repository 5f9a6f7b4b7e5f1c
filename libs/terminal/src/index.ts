export { type ProgressBar, progressBar } from './progress.ts';
export { openScreen, type PressedKey, type Screen, type ScreenOptions } from './screen.ts';
export { printable, table } from './table.ts';
export { type TransferBar, transferBar } from './transfer.ts';
export { tree } from './tree.ts';
