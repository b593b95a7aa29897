import { isAtLeast, versionIn, type StandingCheck } from '../check';
import { fail, ok } from '../finding';

/** As `engines` in package.json says. */
const WANTED = [20, 9];

export const node: StandingCheck = ({ node: answer }) => {
  const version = versionIn(answer);
  const advice =
    'install Node.js 20.9 or newer, on a Pi with the Node-RED installer: edge-inspect deploy --install-node-red';
  if (version === undefined) return fail('no Node.js found', advice);
  return isAtLeast(version, WANTED) ? ok(version.join('.')) : fail(version.join('.'), advice);
};
