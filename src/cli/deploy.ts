import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expected, messageOf } from '../contract/errors';
import { nonEmptyString } from '../contract/validate';
import type { FlowNode } from '../deploy/agent/flow-merge';
import type { Connection } from '../deploy/connection';
import { jumpOf, localFileOf, portOf, remotePathOf, stationOf, targetOf } from '../deploy/destination';
import type { DeployOptions, DeployReport } from '../deploy/options';
import { deploy, sentenceOf } from '../deploy/run';
import { SshConnection } from '../deploy/ssh';
import { linesOf } from '../doctor/finding';
import { nodeDisk } from '../kit/disk';
import { resolveModelPath } from '../model/resolve';
import { verifyModelFolder } from '../model/slots/verify';
import { action, note, type CommandResult, type RegisterCommand } from './command';
import { ProgressBar } from './progress-bar';

interface DeployFlags {
  model?: string;
  flow?: string;
  station: string;
  port?: string;
  identity?: string;
  jump?: string;
  sshConfig?: string;
  userDir: string;
  editor: string;
  restartWith?: string;
  installNodeRed?: boolean;
  overwriteFlow?: boolean;
  package?: string;
  check?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

async function readModel(flag: string): Promise<DeployOptions['model']> {
  const folder = resolveModelPath(nonEmptyString(flag, '--model'), [process.cwd()]);
  if (folder.toLowerCase().endsWith('.onnx'))
    throw expected('a model folder (edge-inspect quantize makes one)', '--model', folder);
  const { files, manifest } = await verifyModelFolder(nodeDisk, folder);
  if (!manifest.selfTest) {
    throw expected(
      'a model folder with golden pictures (edge-inspect self-test --write)',
      '--model',
      `${folder}, which has none`,
    );
  }
  return { folder, files, sha256: manifest.sha256 };
}

async function readFlow(path: string): Promise<FlowNode[]> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(nonEmptyString(path, '--flow'), 'utf8'));
  } catch (error) {
    throw expected('a flow file, as the editor exports it,', '--flow', `${path}: ${messageOf(error)}`);
  }
  const isNode = (each: unknown): each is FlowNode =>
    typeof each === 'object' &&
    each !== null &&
    typeof (each as FlowNode).id === 'string' &&
    typeof (each as FlowNode).type === 'string';
  if (
    Array.isArray(document) &&
    document.length > 0 &&
    document.every(isNode) &&
    document.some(({ type }) => type === 'tab')
  ) {
    return document;
  }
  throw expected('a list of nodes with at least one tab', '--flow', basename(path));
}

/** The editor's address: of the target, seen from the target. */
function editorOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ['http:', 'https:'].includes(parsed.protocol) && parsed.username === '') return url;
  throw expected('an address such as http://127.0.0.1:1880', '--editor', url);
}

/** Everything is checked before anybody is called. */
async function optionsOf(flags: DeployFlags): Promise<Omit<DeployOptions, 'connection'>> {
  const { model, flow, restartWith, package: packageFile } = flags;
  const token = process.env.EDGE_INSPECT_NODE_RED_TOKEN;
  return {
    userDir: remotePathOf(flags.userDir, '--user-dir'),
    station: stationOf(flags.station),
    editor: { url: editorOf(flags.editor), ...(token && { token }) },
    restartWith: restartWith === undefined ? '' : remotePathOf(restartWith, '--restart-with'),
    installNodeRed: flags.installNodeRed === true,
    ...(packageFile !== undefined && { packageFile: localFileOf(packageFile, '--package') }),
    ...(model !== undefined && { model: await readModel(model) }),
    ...(flow !== undefined && { flow: { nodes: await readFlow(flow), overwrite: flags.overwriteFlow === true } }),
    mode: flags.check ? 'check' : flags.dryRun ? 'dry-run' : 'deploy',
  };
}

function textOf({ target, checks, steps, ok, changed, seconds }: DeployReport, isCheck: boolean): string {
  if (isCheck) return linesOf(checks).join('\n');
  const width = Math.max(...steps.map(({ step }) => step.length));
  const lines = steps.map(({ step, outcome, says }) => `${step.padEnd(width)}  ${outcome.padEnd(11)}  ${says}`);
  const end = ok ? (changed ? 'is as asked' : 'was as asked: nothing was changed') : 'is not as asked';
  return [...lines, `${target} ${end} (${seconds.toFixed(1)} s)`].join('\n');
}

async function run(flags: DeployFlags, host: string): Promise<CommandResult> {
  const { port, identity, jump, sshConfig } = flags;
  const destination = {
    target: targetOf(host),
    ...(port !== undefined && { port: portOf(port) }),
    ...(identity !== undefined && { identity: localFileOf(identity, '--identity') }),
    ...(jump !== undefined && { jump: jumpOf(jump) }),
    ...(sshConfig !== undefined && { config: localFileOf(sshConfig, '--ssh-config') }),
  };
  const options = await optionsOf(flags);
  const bar = new ProgressBar();
  let connection: Connection | undefined;
  try {
    connection = await SshConnection.open(destination);
    const report = await deploy(
      { ...options, connection },
      {
        onStep: (step, index, count) => bar.update(index / count, step),
        onProgress: (share, what) => bar.update(share, `sending the ${what}`),
        onLine: note,
      },
    );
    bar.stop();
    return {
      json: report,
      text: textOf(report, flags.check === true),
      ...(!report.ok && { failed: `edge-inspect: ${sentenceOf(report).message}` }),
    };
  } finally {
    bar.stop();
    connection?.close();
  }
}

export const registerDeploy: RegisterCommand = (program) => {
  program
    .command('deploy <host>')
    .description(
      'Bring a Raspberry Pi or PC to a running station over ssh: package, model, flow; verified, or put back.',
    )
    .option(
      '--model <dir>',
      'a model folder, or the name of a shipped model: the first is in use, a later one the candidate',
    )
    .option('--flow <file>', 'a flow as the editor exports it; other flows are not touched')
    .option('--station <name>', 'name of the station: its folder, and the topic of its alerts', 'station-1')
    .option('--check', 'only look at the target')
    .option('--dry-run', 'say what would be done')
    .option('--port <n>', 'of ssh')
    .option('--identity <file>', 'private key for ssh')
    .option('--jump <host>', '[user@]host[:port] to go through')
    .option('--ssh-config <file>', 'in place of ~/.ssh/config')
    .option('--user-dir <dir>', "Node-RED's user folder on the target", '~/.node-red')
    .option(
      '--editor <url>',
      'where Node-RED answers, seen from the target; token in EDGE_INSPECT_NODE_RED_TOKEN',
      'http://127.0.0.1:1880',
    )
    .option('--restart-with <program>', 'on the target: called with `restart` or `stop` in place of systemctl')
    .option(
      '--install-node-red',
      'install Node.js and Node-RED by the official installer where they are missing or too old',
    )
    .option('--overwrite-flow', 'give up changes that were made to this flow in the editor')
    .option('--package <tgz>', 'a packed package in place of this one')
    .option('--json', 'print one JSON document')
    .action(action(run));
};
