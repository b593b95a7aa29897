// Node-RED looks for a node's .html, locales/ and icons/ beside its .js file: copy them next to dist/nodes/<node>/<node>.js.
// The icons live in one set in icons/; each goes beside the node that it is named after.
// Data files that compiled modules read at run time (src/**/*.json) are copied too.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const assetPattern = /\.(html|json|png|svg|css|proto)$/;

function copyAssets(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) copyAssets(path);
    else if (assetPattern.test(entry.name)) {
      mkdirSync(join(root, 'dist', folder), { recursive: true });
      cpSync(join(root, path), join(root, 'dist', path));
    }
  }
}

for (const folder of ['nodes', 'src']) copyAssets(folder);

for (const icon of readdirSync(join(root, 'icons')).filter((name) => name.endsWith('.svg'))) {
  const room = join('nodes', icon.replace(/\.svg$/, ''));
  if (!existsSync(join(root, room))) throw new Error(`Expected a node of the same name for icons/${icon}`);
  cpSync(join(root, 'icons', icon), join(root, 'dist', room, 'icons', icon));
}
