/** Where a version has its golden set, from its folder. */
export const goldenFile = 'tests.yaml';
