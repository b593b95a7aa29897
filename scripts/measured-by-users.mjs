// `npm run measured`: checks every file in lab/results/users against schemas/bench-report.schema.json, and writes the table
// 'measured by users' into docs/measured.md. Test and script are one: test/docs/measured.test.ts says when the table is not theirs.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const { Ajv2020 } = require('ajv/dist/2020');
const addFormats = require('ajv-formats').default;

export const PAGE = join(root, 'docs', 'measured.md');
const [BEGIN, END] = ['<!-- users -->', '<!-- /users -->'];

const ajv = new Ajv2020({ allErrors: true });
addFormats(ajv);
const fits = ajv.compile(JSON.parse(readFileSync(join(root, 'schemas', 'bench-report.schema.json'), 'utf8')));

/** The reports of a folder, by file name. Throws with one sentence for a file that is none. */
export function reportsOf(folder = join(root, 'lab', 'results', 'users')) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      let report;
      try {
        report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      } catch (error) {
        throw new Error(`Expected JSON for ${name} but ${error.message}`);
      }
      if (!fits(report)) throw new Error(`Expected a report of bench for ${name} but ${ajv.errorsText(fits.errors)}`);
      return report;
    });
}

const cell = (text) => String(text).replace(/[|<>\n`]/g, ' ');

/** The table, or the sentence that there is none yet. */
export function tableOf(reports) {
  if (reports.length === 0) return 'Nobody has sent figures yet: this table is empty.';
  const rows = reports.flatMap(({ machine, version, results, temperatureC, ncnn }) => [
    ...results.map((each) => [
      cell(machine.cpu),
      `${machine.cores}, ${cell(machine.arch)}`,
      cell(version),
      cell(each.name),
      each.precision,
      each.threads,
      each.latencyMs.p50.toFixed(1),
      each.latencyMs.p99.toFixed(1),
      each.modelMs.toFixed(1),
      each.energyMilliJoule?.toFixed(0) ?? '-',
      temperatureC.after?.toFixed(0) ?? '-',
    ]),
    ...(ncnn
      ? [
          [
            cell(machine.cpu),
            `${machine.cores}, ${cell(machine.arch)}`,
            `ncnn ${cell(ncnn.version)}`,
            cell(ncnn.model),
            'fp16',
            ncnn.threads,
            '-',
            '-',
            ncnn.latencyMs.p50.toFixed(1),
            '-',
            '-',
          ],
        ]
      : []),
  ]);
  const head = [
    'machine',
    'cores',
    'version',
    'model',
    'precision',
    'threads',
    'p50 ms',
    'p99 ms',
    'model alone ms',
    'mJ',
    '°C after',
  ];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** A page with another table in its place. */
export function withTable(page, table) {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  return `${page.slice(0, before + BEGIN.length)}\n\n${table}\n\n${page.slice(after)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const reports = reportsOf();
    writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), tableOf(reports)));
    console.log(`${reports.length} reports in docs/measured.md`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
