import { InspectionError } from '../../contract/errors';
import { ARCHITECTURES } from '../../doctor/checks/platform';
import { linesOf, type Finding } from '../../doctor/finding';
import { askingScript, parseAnswers } from '../../doctor/questions';
import { standingFindings } from '../../doctor/table';
import type { Arch } from '../bundle';
import { nothingToUndo, type Step } from '../step';
import type { Work } from '../work';

/** The bundle packed and unpacked, a model in both slots, and a former release, bytes. */
const NEEDED_BYTES = 500e6;
const ASK_LIMIT_MS = 150_000;

/** Checks that a deploy can mend by itself. */
const MENDED_BY_INSTALLER = new Set(['Node.js', 'Node-RED']);

export function archOf(work: Work): Arch {
  const arch = ARCHITECTURES[work.answers.machine ?? ''];
  if (arch === undefined)
    throw new InspectionError('CHECK_FAILED', `There are no binaries for ${work.answers.machine}`);
  return arch;
}

/** Asks the target everything that `doctor` asks without trying anything. */
export async function checkTarget(work: Work): Promise<Finding[]> {
  const { connection, userDir } = work.options;
  // a path below the home folder is made absolute by the target's own answer
  const { stdout } = await connection.run(HOME);
  const home = stdout.trim().split('\n').at(-1) ?? '';
  work.userDir = userDir.startsWith('~/') ? `${home}${userDir.slice(1)}` : userDir;
  if (!work.userDir.startsWith('/'))
    throw new InspectionError('IO_FAILED', `${connection.name} did not tell its home folder`);
  work.answers = parseAnswers((await connection.run(askingScript(), [work.userDir], '', ASK_LIMIT_MS)).stdout);
  return standingFindings(work.answers, { referenceMs: Date.now(), neededBytes: NEEDED_BYTES });
}

const HOME = `printf '%s\\n' "$HOME"`;

/** Sentences of what would not work; what the installer is going to mend is left out. */
export function obstacles(findings: readonly Finding[], willInstall: boolean): string[] {
  const wrong = findings.filter(
    ({ check, state }) => state === 'fail' && !(willInstall && MENDED_BY_INSTALLER.has(check)),
  );
  // heat and supply are told, and no reason to leave a station without its update
  return linesOf(wrong.filter(({ check }) => check !== 'thermals' && check !== 'power')).map((line) =>
    line.replace(/^FAIL /, ''),
  );
}

export const check: Step = {
  name: 'check',
  look: async (work) => {
    const findings = await checkTarget(work);
    work.findings = findings;
    for (const line of linesOf(findings.filter(({ state }) => state !== 'ok'))) work.listener.onLine?.(`  ${line}`);
    const wrong = obstacles(findings, work.options.installNodeRed);
    if (wrong.length > 0)
      throw new InspectionError('CHECK_FAILED', `${work.options.connection.name} is not ready: ${wrong.join('; ')}`);
    return {
      isDone: true,
      says: `${findings.filter(({ state }) => state === 'ok').length} of ${findings.length} without remark`,
    };
  },
  do: async () => '',
  undo: nothingToUndo,
};
