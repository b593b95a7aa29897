import { SEARCH_PATH } from '../doctor/questions';

/** What is run on the target: fixed texts of POSIX sh. `$1` is always the user folder. */

/** Folder of everything that deploy keeps on a target, inside the user folder. */
export const STATE_FOLDER = '.edge-inspect';

/** Prints `plan release` of a deploy that was begun and not ended, and `release` that is there. $2: a release */
export const LOOK = `
b=$1/${STATE_FOLDER}
[ -f "$b/deploy/plan" ] && { printf 'unfinished '; head -n 1 "$b/deploy/plan"; }
[ -d "$b/releases/$2" ] && echo 'release there'
[ -d "$1" ] || echo 'new folder'
exit 0`;

/** Prints how much of an upload has arrived. $2: its name */
export const ARRIVED = `
f=$1/${STATE_FOLDER}/$2
if [ -f "$f" ]; then wc -c <"$f"; else echo 0; fi`;

/** Unpacks an upload beside its place, and makes it count by one rename. $2: upload $3: its SHA-256 $4: where to, below the state folder */
export const UNPACK = `
set -eu
b=$1/${STATE_FOLDER}; f=$b/$2; to=$b/$4
trap 'rm -rf -- "$to.part"' EXIT
[ "$(sha256sum <"$f" | cut -c1-64)" = "$3" ] || { rm -f -- "$f"; echo 'what arrived is damaged' >&2; exit 9; }
rm -rf -- "$to.part"
mkdir -p -- "$to.part"
tar -xzf "$f" -C "$to.part"
sync
rm -rf -- "$to"
mv -- "$to.part" "$to"
rm -f -- "$f"`;

/** Removes what deploy brought and nobody uses. $2: release $3: name of the package */
export const CLEAN_UP = `
b=$1/${STATE_FOLDER}
case $(readlink "$1/node_modules/$3" 2>/dev/null) in *"/releases/$2/"*) ;; *) rm -rf -- "$b/releases/$2" "$b/releases/$2.part" ;; esac
rm -rf -- "$b/incoming" "$b/deploy"
rm -f -- "$b"/upload-*
rmdir -- "$b/releases" "$b/flows" "$b" 2>/dev/null
exit 0`;

/** Removes a user folder that deploy made, where nothing but its journal is in it. */
export const REMOVE_EMPTY = `
rm -f -- "$1/${STATE_FOLDER}/journal.jsonl"
rmdir -- "$1/${STATE_FOLDER}" "$1/node_modules" "$1" 2>/dev/null
exit 0`;

/** Runs the part of deploy that comes with the package. $2: folder of the package; its request is the input */
export const AGENT = `
${SEARCH_PATH}
exec node "$2/dist/src/deploy/agent/main.js"`;

/**
 * Restarts, starts or stops Node-RED. $2: restart or stop $3: a program that does it, or empty for the service
 *
 * The service of the official installer is nodered.service; elsewhere it may be a user's own.
 */
export const SERVICE = `
${SEARCH_PATH}
if [ -n "$3" ]; then exec "$3" "$2"; fi
if systemctl cat nodered.service >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then exec systemctl "$2" nodered.service; fi
  exec sudo -n systemctl "$2" nodered.service
fi
if systemctl --user cat nodered.service >/dev/null 2>&1; then exec systemctl --user "$2" nodered.service; fi
echo 'no nodered.service here: name a program that restarts Node-RED with --restart-with' >&2
exit 3`;

/**
 * The official ways: on Raspberry Pi OS and Debian the installer of the Node-RED project, which brings Node.js too
 * (nodered.org/docs/getting-started/raspberrypi). It needs the internet on the target, and sudo without a password.
 */
export const INSTALL_NODE_RED = `
set -eu
${SEARCH_PATH}
f=$(mktemp)
trap 'rm -f -- "$f"' EXIT
curl -fsSL --proto =https --max-time 60 -o "$f" https://github.com/node-red/linux-installers/releases/latest/download/update-nodejs-and-nodered-deb
bash "$f" --confirm-install --confirm-pi --no-init --node22 >&2`;
