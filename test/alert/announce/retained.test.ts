import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Retained } from '../../../src/alert/announce/retained';
import type { BrokerMessage, BrokerPort } from '../../../src/alert/deliver/broker';
import { StateFile } from '../../../src/alert/keep/state-file';

const OLD = ['inspection/old/status', 'homeassistant/sensor/edge_inspect_old/yield/config'];
const NEW = ['inspection/new/status'];

describe('what a station leaves on a broker', () => {
  let folder: string;
  let told: BrokerMessage[];
  let isConnected: boolean;
  const broker = {
    tell: async (message: BrokerMessage) => {
      told.push(message);
      return isConnected;
    },
  } as BrokerPort;
  const retained = async (topics: string[]) => new Retained(topics, broker, await StateFile.open(folder));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'retained-'));
    told = [];
    isConnected = true;
    await (await retained(OLD)).remember();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is emptied under the former name, once', async () => {
    const now = await retained(NEW);
    await now.remember();
    await now.clear([]);
    assert.deepEqual(
      told.splice(0),
      OLD.map((topic) => ({ topic, payload: '', qos: 1, retain: true })),
    );
    const later = await retained(NEW);
    await later.clear([]);
    assert.deepEqual(told, []);
  });

  it('is tried again with the next connection until the broker has it', async () => {
    isConnected = false;
    await (await retained(NEW)).clear([]);
    isConnected = true;
    told = [];
    await (await retained(NEW)).clear([]);
    assert.deepEqual(
      told.map(({ topic }) => topic),
      OLD,
    );
  });

  it('stays where another station has taken the name', async () => {
    await (await retained(NEW)).clear(['old']);
    await (await retained(NEW)).clear([]);
    assert.deepEqual(told, []);
  });

  it('a station of the same name that says the same clears nothing', async () => {
    await (await retained(OLD)).clear([]);
    assert.deepEqual(told, []);
  });
});
