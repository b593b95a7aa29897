import { DRAFTS, exportDisputed } from '../shadow/evidence/export-disputed';
import { nonEmptyString, oneOf } from '../contract/validate';
import { action, type CommandResult, type RegisterCommand } from './command';

interface ExportOptions {
  json?: boolean;
  from: string;
  out: string;
  draft: string;
}

async function run(options: ExportOptions): Promise<CommandResult> {
  const summary = await exportDisputed({
    from: nonEmptyString(options.from, '--from'),
    out: nonEmptyString(options.out, '--out'),
    draft: oneOf(options.draft, '--draft', DRAFTS),
  });
  const { out, images, boxes } = summary;
  return {
    json: summary,
    text: `${images} images with ${boxes} draft boxes in ${out}: correct the labels, then train`,
  };
}

export const registerExportDisputed: RegisterCommand = (program) => {
  program
    .command('export-disputed')
    .description('Write the frames that two models disagreed about as a YOLO dataset, to label and retrain from.')
    .requiredOption('--from <dir>', 'evidence folder of a model-shadow node')
    .requiredOption('--out <dir>', 'folder of the dataset, new or empty')
    .option('--draft <which>', `what the labels start from: ${DRAFTS.join(' | ')}`, 'union')
    .option('--json', 'print one JSON document')
    .action(action(run));
};
