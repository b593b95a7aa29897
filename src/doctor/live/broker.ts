import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expected, messageOf } from '../../contract/errors';
import { fail, note, ok } from '../finding';
import type { LiveCheck } from './live';

const LIMIT_MS = 5_000;
/** CONNACK return codes of MQTT 3.1.1, section 3.2.2.3. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it does not speak MQTT 3.1.1',
  2: 'it does not take this client id',
  3: 'it is not available',
  4: 'wrong user or password',
  5: 'not authorised',
};

/** A string with its length before it, as MQTT 3.1.1, section 1.5.3, has it. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A CONNECT packet of MQTT 3.1.1 with a clean session and no client id of its own. */
export function connectPacket(user?: string, password?: string): Buffer {
  const flags = 0x02 | (user === undefined ? 0 : 0x80) | (user === undefined || password === undefined ? 0 : 0x40);
  const parts = [text('MQTT'), Buffer.from([4, flags, 0, 30]), text('')];
  if (user !== undefined) parts.push(text(user), ...(password === undefined ? [] : [text(password)]));
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([0x10, ...length]), body]);
}

/** The return code of a broker. @param url mqtt: or mqtts: */
function ask(url: URL, password: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'mqtts:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (isTls ? 8883 : 1883));
    const socket = isTls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
    const end = (): void => void socket.destroy();
    socket.setTimeout(LIMIT_MS, () => {
      end();
      reject(new Error(`no answer within ${LIMIT_MS / 1000} s`));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection')));
    const user = url.username === '' ? undefined : decodeURIComponent(url.username);
    socket.once(isTls ? 'secureConnect' : 'connect', () => socket.write(connectPacket(user, password)));
    let answer = Buffer.alloc(0);
    socket.on('data', (piece: Buffer) => {
      answer = Buffer.concat([answer, piece]);
      if (answer.length < 4) return;
      if (answer[0] === 0x20) resolve(answer[3]!);
      else reject(new Error('what answers is no MQTT broker'));
      end();
    });
  });
}

/** @throws InspectionError BAD_ARGUMENT for what is no broker's address */
export function brokerUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && ['mqtt:', 'mqtts:'].includes(url.protocol) && url.hostname !== '' && url.password === '') return url;
  throw expected(
    'mqtt://[user@]host[:port] or mqtts://…, without a password,',
    'the broker',
    url?.password ? 'one with a password' : address,
  );
}

const USUAL = 'mqtt://127.0.0.1:1883';

/** Connects to the broker and leaves again. */
export const broker: LiveCheck = async ({ broker: address, brokerPassword }) => {
  const name = address ?? USUAL;
  try {
    const code = await ask(brokerUrl(name), brokerPassword);
    if (code === 0) return ok(`${name} takes clients`);
    return fail(
      `${name} refuses: ${REFUSALS[code] ?? `code ${code}`}`,
      'the password is read from EDGE_INSPECT_MQTT_PASSWORD',
    );
  } catch (error) {
    const because = `${name}: ${messageOf(error)}`;
    if (address === undefined) return note(because, 'name your broker: edge-inspect doctor --broker mqtt://host');
    return fail(
      because,
      'check address, firewall, and that the broker listens on the network (mosquitto: listener 1883)',
    );
  }
};
