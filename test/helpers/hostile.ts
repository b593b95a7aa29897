import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const file = (folder: string): string => join(folder, 'executed');

/** Names that would leave a file `executed` behind in a folder, were they ever run by a shell, by ssh, or by Node.js. */
export const HOSTILE: ((folder: string) => string)[] = [
  (folder) => `; touch ${file(folder)}`,
  (folder) => `$(touch ${file(folder)})`,
  (folder) => `\`touch ${file(folder)}\``,
  (folder) => `a && touch ${file(folder)}`,
  (folder) => `a || touch ${file(folder)}`,
  (folder) => `a | touch ${file(folder)}`,
  (folder) => `a & touch ${file(folder)} &`,
  (folder) => `a\ntouch ${file(folder)}\n`,
  (folder) => `a\r\ntouch ${file(folder)}\r\n`,
  (folder) => `'; touch ${file(folder)}; '`,
  (folder) => `"; touch ${file(folder)}; "`,
  (folder) => `'"'"'; touch ${file(folder)}; '"'"'`,
  (folder) => `\\'; touch ${file(folder)}; #`,
  (folder) => `\${IFS}; touch\${IFS}${file(folder)}`,
  (folder) => `> ${file(folder)}`,
  (folder) => `a > ${file(folder)}`,
  (folder) => `a >> ${file(folder)}`,
  (folder) => `-oProxyCommand=touch ${file(folder)}`,
  (folder) => `-oProxyCommand=touch\${IFS}${file(folder)}`,
  (folder) => `-o ProxyCommand=touch ${file(folder)}`,
  (folder) => `-oLocalCommand=touch ${file(folder)}`,
  (folder) => `-oPermitLocalCommand=yes -oLocalCommand=touch ${file(folder)}`,
  (folder) => `-F${file(folder)}`,
  (folder) => `-E${file(folder)}`,
  (folder) => `-S${file(folder)}`,
  (folder) => `-w${file(folder)}`,
  (folder) => `--\n-oProxyCommand=touch ${file(folder)}`,
  (folder) => `user@-oProxyCommand=touch ${file(folder)}`,
  (folder) => `-oProxyCommand=touch ${file(folder)}@host`,
  (folder) => `host,-oProxyCommand=touch ${file(folder)}`,
  (folder) => `x\x00; touch ${file(folder)}`,
  (folder) => `\u2028touch ${file(folder)}`,
  (folder) => `a\u0085touch ${file(folder)}`,
  (folder) => `\x1b]0;touch ${file(folder)}\x07`,
  (folder) => `{touch,${file(folder)}}`,
  (folder) => `<(touch ${file(folder)})`,
  (folder) => `>(touch ${file(folder)})`,
  (folder) => `$((\`touch ${file(folder)}\`))`,
  (folder) => `a;touch ${file(folder)}#`,
  (folder) => `host:/tmp;touch ${file(folder)}`,
  (folder) => `ssh://host/;touch ${file(folder)}`,
  (folder) => `[::1];touch ${file(folder)}`,
  (folder) => `%h;touch ${file(folder)}`,
  (folder) => `EOF\ntouch ${file(folder)}\n`,
  (folder) => `'\nEOF\ntouch ${file(folder)}\n'`,
  (folder) => `"});require('fs').writeFileSync('${file(folder)}','');({"`,
  (folder) => `'});require('fs').writeFileSync('${file(folder)}','');({'`,
  (folder) => `../../..${file(folder)}; touch ${file(folder)}`,
  (folder) => `~$(touch ${file(folder)})`,
  (folder) => `! touch ${file(folder)}`,
  (folder) => `--exec=touch ${file(folder)}`,
  (folder) => `--checkpoint-action=exec=touch ${file(folder)}`,
];

export function hasNothingHappened(folder: string): boolean {
  return !readdirSync(folder).some((name) => name.startsWith('executed'));
}
