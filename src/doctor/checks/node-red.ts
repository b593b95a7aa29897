import { isAtLeast, versionIn, type StandingCheck } from '../check';
import { fail, ok } from '../finding';

/** As `node-red.version` in package.json says. */
const WANTED = [4, 1];

export const nodeRed: StandingCheck = ({ nodeRed: answer }) => {
  // `node-red --version` tells the versions of Node.js and of the system too
  const version = versionIn(/Node-RED v\S+/.exec(answer ?? '')?.[0]);
  const advice = 'install Node-RED 4.1 or newer: edge-inspect deploy --install-node-red';
  if (version === undefined) return fail('no Node-RED found', advice);
  return isAtLeast(version, WANTED) ? ok(version.join('.')) : fail(version.join('.'), advice);
};
