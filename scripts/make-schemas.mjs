// `npm run schemas`: writes the schemas of messages from the TypeScript types that the code builds them with: one source, and a
// test says when they differ. A comment at a type or a field is its description; @format and @pattern go through.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { createGenerator } from 'ts-json-schema-generator';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Schema, where its type is, and its title. */
const SCHEMAS = [
  ['bench-report', 'src/bench/user-report.ts', 'UserBenchReport', 'Benchmark of a machine'],
  ['calibration-result', 'src/contract/certificate.ts', 'CalibrationResult', 'Calibration result'],
  ['camera-alert', 'src/alert/drift/camera-alert.ts', 'CameraAlert', 'Camera alert'],
  ['disputed-record', 'src/shadow/evidence/disputed-record.ts', 'DisputedRecord', 'Disputed record'],
  ['shadow-report', 'src/shadow/trial/shadow-report.ts', 'ShadowReport', 'Shadow report'],
  ['thermal-state', 'src/station/state-message.ts', 'StateMessage', 'Thermal state'],
];

/** The type as the generator sees it: draft 7, with a definition for every name, also for those that TypeScript makes up. */
export function draft7Of(path, type) {
  return createGenerator({
    path: join(root, path),
    type,
    tsconfig: join(root, 'tsconfig.json'),
    skipTypeCheck: true,
    additionalProperties: false,
    topRef: false,
  }).createSchema(type);
}

/** Definitions with names of their own stay; `Record<string,number>` and its like are put where they are used. */
function modernise(node, definitions, used) {
  if (Array.isArray(node)) return node.map((item) => modernise(item, definitions, used));
  if (typeof node !== 'object' || node === null) return node;
  if (typeof node.$ref === 'string') {
    const { $ref, ...beside } = node;
    const name = decodeURIComponent($ref.replace('#/definitions/', ''));
    const target = definitions[name];
    if (!/^\w+$/.test(name) || target.$ref) return { ...modernise(target, definitions, used), ...beside };
    if (!used.has(name)) {
      used.set(name, undefined);
      used.set(name, modernise(target, definitions, used));
    }
    return { $ref: `#/$defs/${name}`, ...beside };
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, modernise(value, definitions, used)]));
}

async function schemaOf([name, path, type, title]) {
  const { definitions = {}, ...top } = draft7Of(path, type);
  delete top.$schema;
  const used = new Map();
  const { description, ...shape } = modernise(top, definitions, used);
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://edge-inspect.example/schemas/${name}.schema.json`,
    title,
    description,
    ...shape,
    ...(used.size > 0 && { $defs: Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1))) }),
  };
  const file = join(root, 'schemas', `${name}.schema.json`);
  const options = { ...(await resolveConfig(file)), parser: 'json' };
  return { file, text: await format(JSON.stringify(document), options) };
}

/** @returns files and what should be in them */
export async function generateSchemas() {
  return Promise.all(SCHEMAS.map(schemaOf));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { file, text } of await generateSchemas()) {
    let before = '';
    try {
      before = readFileSync(file, 'utf8');
    } catch {
      // a new one
    }
    if (before !== text) writeFileSync(file, text);
  }
}
