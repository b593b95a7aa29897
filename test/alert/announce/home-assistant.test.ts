import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { discoveryMessages } from '../../../src/alert/announce/home-assistant';

/** Documented at home-assistant.io/integrations/{sensor,binary_sensor}.mqtt and, for device and origin, /mqtt. */
const COMMON = [
  'availability_topic',
  'availability_template',
  'payload_available',
  'payload_not_available',
  'device',
  'device_class',
  'enabled_by_default',
  'entity_category',
  'expire_after',
  'force_update',
  'icon',
  'json_attributes_template',
  'json_attributes_topic',
  'name',
  'object_id',
  'origin',
  'qos',
  'state_topic',
  'unique_id',
  'value_template',
];
const DOCUMENTED: Record<string, readonly string[]> = {
  sensor: [...COMMON, 'options', 'state_class', 'suggested_display_precision', 'unit_of_measurement'],
  binary_sensor: [...COMMON, 'off_delay', 'payload_off', 'payload_on'],
};
const DEVICE = [
  'configuration_url',
  'connections',
  'hw_version',
  'identifiers',
  'manufacturer',
  'model',
  'name',
  'sw_version',
];
const DEVICE_CLASSES: Record<string, readonly string[]> = {
  sensor: ['enum', 'duration', 'temperature'],
  binary_sensor: ['problem', 'connectivity'],
};

interface Config {
  unique_id: string;
  state_topic: string;
  device: Record<string, unknown>;
  origin: Record<string, unknown>;
  [field: string]: unknown;
}

describe('discoveryMessages', () => {
  const messages = discoveryMessages('Line 3', '1.2.3', 'homeassistant', true).map(({ topic, payload }) => ({
    topic,
    config: JSON.parse(payload) as Config,
  }));

  it('uses documented fields only', () => {
    for (const { topic, config } of messages) {
      const [, component = ''] = topic.split('/');
      const fields = DOCUMENTED[component] ?? [];
      assert.deepEqual(
        Object.keys(config).filter((field) => !fields.includes(field)),
        [],
        topic,
      );
      assert.deepEqual(
        Object.keys(config.device).filter((field) => !DEVICE.includes(field)),
        [],
      );
      assert.deepEqual(Object.keys(config.origin), ['name', 'sw_version']);
      if (config.device_class !== undefined) {
        assert.ok(DEVICE_CLASSES[component]?.includes(config.device_class as string), topic);
      }
    }
  });

  it('has topics and ids that Home Assistant accepts, each its own', () => {
    for (const { topic } of messages) {
      assert.match(topic, /^homeassistant\/(sensor|binary_sensor)\/[a-zA-Z0-9_-]+\/[a-zA-Z0-9_-]+\/config$/);
    }
    assert.equal(new Set(messages.map(({ config }) => config.unique_id)).size, messages.length);
  });

  it('reads the topics that the station speaks on', () => {
    const topics = new Set(messages.map(({ config }) => config.state_topic));
    assert.deepEqual(topics, new Set(['verdict', 'status', 'golden'].map((leaf) => `inspection/Line 3/${leaf}`)));
  });

  it('has the golden check only where there are golden samples', () => {
    const has = (golden: boolean) =>
      discoveryMessages('a', '1', 'homeassistant', golden).some(({ topic }) => topic.endsWith('/golden/config'));
    assert.deepEqual([has(true), has(false)], [true, false]);
  });

  it('follows the rules for device classes and units', () => {
    for (const { config } of messages) {
      // an enum has options and neither unit nor state class
      if (config.device_class === 'enum') {
        assert.ok(Array.isArray(config.options));
        assert.equal(config.unit_of_measurement ?? config.state_class, undefined);
      }
    }
  });

  it('keeps two stations with names in other scripts apart', () => {
    const [one] = discoveryMessages('工位一', '1');
    const [two] = discoveryMessages('工位二', '1');
    assert.notEqual(one?.topic, two?.topic);
  });
});
