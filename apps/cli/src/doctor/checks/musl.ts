import { type Check, finding } from '../finding.ts';

export const musl: Check = ({ machine }) =>
  machine.isMusl
    ? [
        finding(
          'error',
          'this system has musl, and ONNX Runtime is built for glibc',
          'an image of Debian, such as node:26-slim, instead of Alpine',
        ),
      ]
    : [];
