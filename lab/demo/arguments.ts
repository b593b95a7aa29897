import { parseArgs } from 'node:util';

export interface DemoArguments {
  /** Address that Node-RED listens on. */
  host: string;
  /** Port that is tried first; another one is taken only when none was asked for. */
  port: number | undefined;
}

/** @throws Error with one sentence */
export function demoArguments(args: string[]): DemoArguments {
  const { values } = parseArgs({ args, options: { host: { type: 'string' }, port: { type: 'string' } } });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
    throw new Error(`Expected a whole number from 1 to 65535 for --port but received ${values.port}`);
  if (values.host === '') throw new Error('Expected an address of this machine for --host but received nothing');
  return { host: values.host ?? '127.0.0.1', port };
}
