/** Numbers as text of at most seven characters; `-` where nothing is known. */

const none = '-';

const short = (value: number): string => {
  if (value >= 999.5) return String(Math.round(value));
  if (value >= 9.95 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(value >= 0.95 ? 1 : 2);
};

/** With the largest of these units that leaves 1 or more. */
function scaled(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  let left = value;
  while (left >= step * 0.9995 && unit < units.length - 1) {
    left /= step;
    unit++;
  }
  return `${short(left)}${units[unit]}`;
}

export const amount = (value: number | undefined): string =>
  value === undefined ? none : scaled(value, 1000, ['', 'k', 'M', 'G', 'T']);

export const rate = amount;

/** `value`: seconds. */
export function duration(value: number | undefined): string {
  if (value === undefined) return none;
  if (value === 0) return '0';
  if (value < 0.000_999_5) return `${short(value * 1e6)}us`;
  return value < 0.999_5 ? `${short(value * 1e3)}ms` : `${short(value)}s`;
}

export const bytes = (value: number | undefined): string =>
  value === undefined ? none : scaled(value, 1024, ['B', 'K', 'M', 'G', 'T']);

/** `value`: 1 is 100 %. */
const percent = (value: number): string => (value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1));

export const part = (value: number | undefined): string => {
  if (value === undefined) return none;
  return value > 0 && value < 0.0005 ? '<0.1%' : `${percent(value * 100)}%`;
};
