export type { Limiter, QuotaWindow, Receipt, Standing, Take, Verdict } from './limiter.ts';
