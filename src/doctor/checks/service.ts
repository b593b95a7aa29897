import type { StandingCheck } from '../check';
import { note, ok, warn } from '../finding';

export const service: StandingCheck = ({ service: state }) => {
  if (state === 'active') return ok('nodered.service is active');
  const enable = 'sudo systemctl enable --now nodered.service, so that it runs after a power cut';
  if (state === undefined) return note('no systemd here', 'something must start Node-RED after a power cut');
  return warn(`nodered.service is ${state}`, enable);
};
