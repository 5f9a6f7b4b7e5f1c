/** Loaded into a process under test (`--import`): each SIGUSR2 steps its wall clock, first to a day ahead of the real one, then to a day behind it. */
const dayMs = 86_400_000;
const shifts = [dayMs, -dayMs];
let shiftMs = 0;
const RealDate = Date;

class ShiftedDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    super(...((given.length === 0 ? [RealDate.now() + shiftMs] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;
process.on('SIGUSR2', () => {
  shiftMs = shifts.shift() ?? 0;
});

export {};
