import { slug, stationTopic } from '../judge/names';

/**
 * Home Assistant MQTT discovery (home-assistant.io/integrations/mqtt, "MQTT discovery"): one retained configuration per
 * entity on `<prefix>/<component>/<node>/<object>/config`. All entities read the topics that the station speaks on anyway.
 */
export interface DiscoveryMessage {
  topic: string;
  payload: string;
}

interface Entity {
  component: 'sensor' | 'binary_sensor';
  id: string;
  name: string;
  topic: 'verdict' | 'status' | 'golden';
  fields: Record<string, unknown>;
}

const COUNTED = { state_class: 'total_increasing', unit_of_measurement: 'parts' };

/** One row per entity that appears in Home Assistant. */
const ENTITIES: Entity[] = [
  {
    component: 'binary_sensor',
    id: 'defect',
    name: 'Defect',
    topic: 'verdict',
    fields: {
      device_class: 'problem',
      // a golden part fails because it is known to
      value_template: "{{ 'ON' if value_json.verdict == 'FAIL' and value_json.golden is not defined else 'OFF' }}",
      json_attributes_topic: 'verdict',
      json_attributes_template:
        "{{ {'defects': value_json.defects, 'frame': value_json.frame.id, 'model': value_json.model} | tojson }}",
    },
  },
  {
    component: 'sensor',
    id: 'verdict',
    name: 'Verdict',
    topic: 'verdict',
    fields: {
      device_class: 'enum',
      options: ['PASS', 'FAIL', 'NOT_INSPECTED'],
      value_template: '{{ value_json.verdict }}',
      icon: 'mdi:clipboard-check-outline',
    },
  },
  {
    component: 'sensor',
    id: 'yield',
    name: 'Yield',
    topic: 'verdict',
    fields: {
      state_class: 'measurement',
      unit_of_measurement: '%',
      value_template:
        '{% set c = value_json.counters %}{% set n = c.pass + c.fail %}{{ (100 * c.pass / n) | round(2) if n > 0 else none }}',
      icon: 'mdi:percent',
    },
  },
  { component: 'sensor', id: 'triggers', name: 'Parts', topic: 'verdict', fields: counter('triggers') },
  { component: 'sensor', id: 'fail', name: 'Failed parts', topic: 'verdict', fields: counter('fail') },
  {
    component: 'sensor',
    id: 'not_inspected',
    name: 'Parts not inspected',
    topic: 'verdict',
    fields: { ...counter('notInspected'), entity_category: 'diagnostic' },
  },
  {
    component: 'sensor',
    id: 'latency',
    name: 'Inference latency',
    topic: 'verdict',
    fields: {
      device_class: 'duration',
      state_class: 'measurement',
      unit_of_measurement: 'ms',
      value_template: '{{ value_json.latencyMs }}',
      entity_category: 'diagnostic',
    },
  },
  {
    component: 'binary_sensor',
    id: 'golden',
    name: 'Golden check',
    topic: 'golden',
    fields: {
      device_class: 'problem',
      value_template: "{{ 'ON' if value_json.state.problem else 'OFF' }}",
      json_attributes_topic: 'golden',
      json_attributes_template:
        "{{ {'detail': value_json.detail, 'due': value_json.state.due, 'last': value_json.state.last} | tojson }}",
    },
  },
  {
    component: 'binary_sensor',
    id: 'silent',
    name: 'No parts',
    topic: 'status',
    fields: {
      device_class: 'problem',
      value_template: "{{ 'ON' if value_json.silentSince is defined else 'OFF' }}",
      entity_category: 'diagnostic',
    },
  },
  {
    component: 'binary_sensor',
    id: 'online',
    name: 'Online',
    topic: 'status',
    fields: {
      device_class: 'connectivity',
      value_template: "{{ 'ON' if value_json.status == 'online' else 'OFF' }}",
      entity_category: 'diagnostic',
    },
  },
];

function counter(field: string): Record<string, unknown> {
  return { ...COUNTED, value_template: `{{ value_json.counters.${field} }}` };
}

/** The level of a topic, and the id, that all entities of a station have. @param station as slug() gives it */
export function discoveryNode(station: string): string {
  return `edge_inspect_${station}`;
}

/**
 * The retained messages that make a station appear in Home Assistant.
 *
 * @param golden whether the station has golden samples
 */
export function discoveryMessages(
  station: string,
  version: string,
  prefix = 'homeassistant',
  golden = false,
): DiscoveryMessage[] {
  const node = discoveryNode(slug(station));
  const device = {
    identifiers: [node],
    name: `Inspection ${station}`,
    manufacturer: 'edge-inspect',
    model: 'Visual inspection station',
    sw_version: version,
  };
  const origin = { name: '@edge-inspect/node-red-inspection', sw_version: version };
  const shown = ENTITIES.filter(({ topic }) => golden || topic !== 'golden');
  return shown.map(({ component, id, name, topic, fields }) => ({
    topic: `${prefix}/${component}/${node}/${id}/config`,
    payload: JSON.stringify({
      name,
      unique_id: `${node}_${id}`,
      state_topic: stationTopic(station, topic),
      ...fields,
      ...(fields.json_attributes_topic === undefined ? {} : { json_attributes_topic: stationTopic(station, topic) }),
      // The connectivity sensor itself must be there to say that the station is not.
      ...(id === 'online'
        ? {}
        : {
            availability_topic: stationTopic(station, 'status'),
            availability_template: '{{ value_json.status }}',
            payload_available: 'online',
            payload_not_available: 'offline',
          }),
      device,
      origin,
    }),
  }));
}
