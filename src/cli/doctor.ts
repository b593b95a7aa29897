import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expected } from '../contract/errors';
import { askHere } from '../doctor/ask-here';
import { linesOf } from '../doctor/finding';
import { brokerUrl } from '../doctor/live/broker';
import { LIVE, liveFindings, standingFindings } from '../doctor/table';
import { resolveModelPath } from '../model/resolve';
import { action, type CommandResult, type RegisterCommand } from './command';
import { ProgressBar } from './progress-bar';

interface DoctorFlags {
  camera?: string;
  broker?: string;
  model: string;
  userDir?: string;
  editor: string;
  json?: boolean;
}

/** What an update and a day of evidence need, bytes. */
const NEEDED_BYTES = 300e6;

async function doctor(flags: DoctorFlags): Promise<CommandResult> {
  const { camera, broker, editor } = flags;
  if (broker !== undefined) brokerUrl(broker);
  if (!URL.canParse(editor)) throw expected('an address such as http://127.0.0.1:1880', '--editor', editor);
  const model = resolve(resolveModelPath(flags.model, [process.cwd()]));
  const bar = new ProgressBar();
  try {
    const steps = Object.keys(LIVE).length + 1;
    let done = 0;
    const step = (): void => bar.update(++done / steps, 'looking');
    const answers = await askHere(resolve(flags.userDir ?? join(homedir(), '.node-red')));
    step();
    const brokerPassword = process.env.EDGE_INSPECT_MQTT_PASSWORD;
    const findings = [
      ...standingFindings(answers, { neededBytes: NEEDED_BYTES }),
      ...(await liveFindings({ answers, camera, broker, brokerPassword, model, editor }, step)),
    ];
    bar.stop();
    const wrong = findings.filter(({ state }) => state === 'fail');
    return {
      json: { ok: wrong.length === 0, checkedAt: new Date().toISOString(), findings },
      text: linesOf(findings).join('\n'),
      ...(wrong.length > 0 && {
        failed: `${wrong.length} of ${findings.length} checks failed: ${wrong.map(({ check }) => check).join(', ')}`,
      }),
    };
  } finally {
    bar.stop();
  }
}

export const registerDoctor: RegisterCommand = (program) => {
  program
    .command('doctor')
    .description(
      'Look this station over: power, heat, clock, disk, camera, broker, model; one line each with what to do.',
    )
    .option('--camera <camera>', 'rpicam, /dev/video0, rtsp://… or http://…; default: the first one found')
    .option('--broker <url>', 'mqtt://[user@]host[:port]; its password from EDGE_INSPECT_MQTT_PASSWORD')
    .option(
      '--model <path>',
      'a model folder, a station folder with slots, or the name of a shipped model',
      'pcb-defects',
    )
    .option('--user-dir <dir>', "Node-RED's user folder; default: ~/.node-red")
    .option('--editor <url>', 'where Node-RED answers', 'http://127.0.0.1:1880')
    .option('--json', 'print one JSON document')
    .action(action(doctor));
};
