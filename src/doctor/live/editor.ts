import { messageOf } from '../../contract/errors';
import { fail, ok } from '../finding';
import type { LiveCheck } from './live';

const LIMIT_MS = 5_000;

/** Whether Node-RED answers at all; asking who we are is an answer too. */
export const editor: LiveCheck = async ({ editor: url }) => {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: 'manual' });
    return status < 500
      ? ok(`Node-RED answers at ${url}`)
      : fail(`Node-RED answers ${status} at ${url}`, 'see its log: journalctl -u nodered');
  } catch (error) {
    const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
    return fail(
      `nothing answers at ${url}: ${cause}`,
      'start it: sudo systemctl start nodered; its log: journalctl -u nodered',
    );
  }
};
