// Writes examples/06 - Factory dashboard.json from scripts/dashboard: the flow (flow.mjs), the cards (widgets/*.vue), their words
// in each language (words.json), the functions (functions/*.js) and the look (style.css).
// Usage: node scripts/make-dashboard.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { FLOW } from './dashboard/flow.mjs';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'dashboard');
export const EXAMPLE = join(FOLDER, '..', '..', 'examples', '06 - Factory dashboard.json');

const read = (...path) => readFileSync(join(FOLDER, ...path), 'utf8');

/** In a card: the words of the language that was chosen on this screen, else the browser's, else English. */
function wordsExpression(words) {
  const choose =
    "(all) => { let own; try { own = localStorage.getItem('ei-language'); } catch {} " +
    "return all[own] || all[(navigator.language || '').startsWith('zh') ? 'zh' : 'en']; }";
  return `(${choose})(${JSON.stringify(words)})`;
}

function widget(name, words) {
  const { [name]: own, all } = words;
  const languages = Object.fromEntries(Object.keys(all).map((code) => [code, { ...all[code], ...own[code] }]));
  // what a card does not use of the common words stays out
  const text = read('widgets', `${name}.vue`);
  for (const common of Object.values(languages)) if (!text.includes('words.reasons')) delete common.reasons;
  return text.replace('WORDS', () => wordsExpression(languages));
}

/** The example as text. */
export async function dashboardExample() {
  const words = JSON.parse(read('words.json'));
  const nodes = FLOW.map((node) => {
    if (node.func) return { ...node, func: read('functions', `${node.func.file}.js`).trim() };
    if (!node.format) return node;
    const { file } = node.format;
    return { ...node, format: file.endsWith('.css') ? read(file) : widget(file, words) };
  });
  return format(JSON.stringify(nodes), { ...(await resolveConfig(EXAMPLE)), parser: 'json' });
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(EXAMPLE, await dashboardExample());
