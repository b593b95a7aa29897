import { join } from 'node:path';

/** The clone, seen from dist/test/helpers. */
export const ROOT = join(__dirname, '..', '..', '..');
