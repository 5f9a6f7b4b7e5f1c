import { createJimp } from '@jimp/core';
import png from '@jimp/js-png';

/** Makes images for tests. */
export const Jimp = createJimp({ formats: [png], plugins: [] });
