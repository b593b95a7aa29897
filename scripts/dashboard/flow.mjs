// The flow of examples/06: what is wired to what. Words, widgets and functions are in the files beside.

const TAB = 'e6f0000000000001';
const BASE = 'e6f0000000000090';
const PAGE = 'e6f0000000000091';
const THEME = 'e6f0000000000092';
const MODEL = 'e6f0000000000093';
const ALERT = 'e6f0000000000006';
const SHADOW = 'e6f0000000000021';
const id = (number) => `e6f00000000000${number}`;

const INFO = `1. Install \`@flowfuse/node-red-dashboard\` from *Manage palette*.
2. Choose your camera in the first node and your model in \`inspection-model\`; the camera here is the simulated circuit-board line.
3. Deploy and open \`/dashboard\`.

The sliders change the rules of *defect-alert* by message: the next part is judged by them. *Promote* and *Revert* act on *model-shadow*.

*Golden samples*: press the name of one of the samples in *defect-alert* and put it on the line; the next part is compared with what is known of it, and is not counted. (The simulated line does not know what was announced: its next board is good four times of five.)

需要安装 \`@flowfuse/node-red-dashboard\`。选择相机和模型，部署后打开 \`/dashboard\`。`;

const RULE = (v) => ({ t: 'regex', v, vt: 'str', case: false });

/** Nodes of the line; a flow of one's own keeps these and replaces the camera. */
const LINE = [
  {
    id: id('02'),
    type: 'camera-in',
    name: 'Simulated line',
    source: 'simulator',
    path: '',
    url: '',
    device: '',
    fps: 1,
    loop: true,
    trigger: 'free-run',
    overload: 'latest',
    look: 'binarised',
    defectRate: 0.2,
    x: 120,
    y: 100,
    wires: [[id('03')]],
  },
  {
    id: id('03'),
    type: 'thermal-guard',
    name: '',
    soft: 75,
    hard: 82,
    sensor: 'auto',
    interval: 5,
    x: 320,
    y: 100,
    wires: [[id('04')], [id('33')]],
  },
  {
    id: id('04'),
    type: 'yolo-int8-detect',
    name: '',
    model: MODEL,
    confidence: 0.1,
    x: 510,
    y: 100,
    wires: [[id('05')]],
  },
  {
    id: id('05'),
    type: 'nms',
    name: '',
    iou: 0.45,
    maxDetections: 300,
    classAware: true,
    x: 670,
    y: 100,
    wires: [[ALERT, SHADOW]],
  },
  {
    id: ALERT,
    type: 'defect-alert',
    name: '',
    station: 'line-1',
    topic: '',
    minConfidence: 0.6,
    rules: '',
    broker: '',
    publishVerdicts: true,
    deliveryPerSecond: 50,
    homeAssistant: '',
    sparkplugGroup: '',
    evidence: true,
    evidenceMaxFiles: 200,
    evidenceBase: '',
    model: MODEL,
    thumbnail: true,
    drawPerSecond: 2,
    log: 'csv',
    logFolder: '',
    goldenSamples: [
      { name: 'Good board', verdict: 'PASS', defects: [], others: false },
      { name: 'Board with a defect', verdict: 'FAIL', defects: [], others: false },
    ],
    goldenExpiryMinutes: 10,
    goldenSchedule: '',
    goldenHours: 8,
    goldenTimes: '06:00, 14:00, 22:00',
    goldenReminderMinutes: 15,
    goldenGraceMinutes: 30,
    goldenOverdue: 'tell',
    x: 840,
    y: 100,
    wires: [[id('34')], [id('35')]],
  },
  {
    id: SHADOW,
    type: 'model-shadow',
    name: '',
    version: 1,
    model: MODEL,
    candidate: '',
    sample: 0.25,
    threshold: 0.1,
    confidence: '',
    automatic: false,
    canaryShare: 0.1,
    canaryParts: 100,
    windowMinutes: 15,
    evidence: '',
    evidenceItems: 500,
    evidenceMegabytes: 1000,
    modelsFolder: '',
    publicKey: '',
    x: 840,
    y: 180,
    wires: [[id('36')], []],
  },
];

const link = (number, name, type, x, y, links, wires = []) => ({
  id: id(number),
  type,
  name,
  ...(type === 'link out' && { mode: 'link' }),
  links: links.map(id),
  x,
  y,
  wires,
});

/** From the line to the cards and back, without wires across the flow. */
const LINKS = [
  link('34', 'alerts', 'link out', 985, 80, ['44']),
  link('35', 'verdicts', 'link out', 985, 120, ['45']),
  link('36', 'shadow', 'link out', 985, 180, ['46']),
  link('33', 'heat', 'link out', 435, 140, ['43']),
  link('44', 'alerts', 'link in', 75, 560, ['34'], [[id('19')]]),
  link('45', 'verdicts', 'link in', 75, 300, ['35'], [[id('07')]]),
  link('46', 'shadow', 'link in', 75, 620, ['36'], [[id('22')]]),
  link('43', 'heat', 'link in', 195, 360, ['33'], [[id('10')]]),
  link('47', 'to defect-alert', 'link out', 985, 420, ['37']),
  link('37', 'to defect-alert', 'link in', 715, 60, ['47', '49'], [[ALERT]]),
  link('48', 'to model-shadow', 'link out', 985, 620, ['38']),
  link('38', 'to model-shadow', 'link in', 715, 180, ['48'], [[SHADOW]]),
  link('49', 'ask', 'link out', 455, 500, ['37']),
];

const fn = (number, name, file, x, y, wires) => ({
  id: id(number),
  type: 'function',
  name,
  func: { file },
  outputs: 1,
  timeout: 0,
  noerr: 0,
  initialize: '',
  finalize: '',
  libs: [],
  x,
  y,
  wires: [wires.map(id)],
});

const inject = (number, name, props, repeat, x, y, wires) => ({
  id: id(number),
  type: 'inject',
  name,
  props,
  repeat,
  crontab: '',
  once: true,
  onceDelay: '1',
  topic: '',
  x,
  y,
  wires: [wires.map(id)],
});

const DATA = [
  {
    id: id('07'),
    type: 'switch',
    name: 'By topic',
    property: 'topic',
    propertyType: 'msg',
    rules: [RULE('/picture$'), RULE('/verdict$'), RULE('/rules$'), RULE('/golden$')],
    checkall: 'false',
    repair: false,
    outputs: 4,
    x: 180,
    y: 300,
    wires: [[id('08')], [id('10')], [id('28')], [id('51'), id('10')]],
  },
  fn('08', 'As an image source', 'live-picture', 390, 240, ['09']),
  fn('10', 'Book of the station', 'shift-book', 390, 300, ['53', '11', '54', '12', '28']),
  fn('28', 'Rules and classes', 'rules', 620, 420, ['17']),
  fn('19', 'Last alerts', 'last-alerts', 390, 560, ['20']),
  fn('22', 'Slot and shadow', 'model', 390, 620, ['23']),
  inject('55', 'Tick', [{ p: 'topic', v: 'tick', vt: 'str' }], '2', 190, 400, ['10']),
  inject('50', 'Ask for the rules', [{ p: 'rules', v: '{}', vt: 'json' }], '', 190, 500, ['49']),
  inject(
    '52',
    'Ask for golden samples',
    [
      { p: 'topic', v: 'golden', vt: 'str' },
      { p: 'payload', v: '{}', vt: 'json' },
    ],
    '',
    210,
    460,
    ['49'],
  ),
  {
    id: id('30'),
    type: 'catch',
    name: 'What went wrong',
    scope: null,
    uncaught: false,
    x: 120,
    y: 680,
    wires: [[id('31')]],
  },
  {
    id: id('31'),
    type: 'debug',
    name: 'Errors',
    active: true,
    tosidebar: true,
    console: false,
    tostatus: false,
    complete: 'error.message',
    targetType: 'msg',
    statusVal: '',
    statusType: 'auto',
    x: 370,
    y: 680,
    wires: [],
  },
];

const TEMPLATE = {
  storeOutMessages: true,
  passthru: false,
  resendOnRefresh: true,
  className: '',
  width: 0,
  height: 0,
  head: '',
};

/** One card each: number, name, file, group, x, y, wires. */
const widget = (number, name, file, group, x, y, wires = []) => ({
  id: id(number),
  type: 'ui-template',
  group: `e6f0000000000${group}`,
  page: '',
  ui: '',
  name,
  order: 1,
  format: { file },
  templateScope: 'local',
  ...TEMPLATE,
  x,
  y,
  wires: [wires.map(id)],
});

const CARDS = [
  widget('53', 'Station', 'station', '110', 820, 200),
  widget('09', 'Live picture', 'live', '100', 830, 240),
  widget('11', 'Verdict and yield', 'verdict', '101', 850, 280, ['47']),
  widget('12', 'Defects by class', 'pareto', '103', 850, 320),
  widget('54', 'Last stops', 'stops', '108', 830, 360),
  widget('17', 'Least confidence', 'thresholds', '102', 850, 420, ['47']),
  widget('51', 'Golden samples', 'golden', '107', 840, 480, ['47']),
  widget('20', 'Last alerts', 'alerts', '106', 830, 560),
  widget('23', 'Model', 'model', '105', 810, 620, ['48']),
  {
    id: id('56'),
    type: 'ui-template',
    group: '',
    page: PAGE,
    ui: '',
    name: 'Look',
    order: 0,
    format: { file: 'style.css' },
    templateScope: 'page:style',
    ...TEMPLATE,
    x: 810,
    y: 680,
    wires: [[]],
  },
];

const group = (number, name, width, order, className) => ({
  id: `e6f0000000000${number}`,
  type: 'ui-group',
  name,
  page: PAGE,
  width: String(width),
  height: '1',
  order,
  showTitle: false,
  className,
  visible: 'true',
  disabled: 'false',
  groupType: 'default',
});

const PAGES = [
  {
    id: BASE,
    type: 'ui-base',
    name: 'Inspection',
    path: '/dashboard',
    appIcon: '',
    includeClientData: true,
    acceptsClientConfig: ['ui-notification', 'ui-control'],
    showPathInSidebar: false,
    headerContent: 'page',
    navigationStyle: 'none',
    titleBarStyle: 'hidden',
    showReconnectNotification: true,
    notificationDisplayTime: 1,
    showDisconnectNotification: true,
    allowInstall: false,
  },
  {
    id: THEME,
    type: 'ui-theme',
    name: 'Inspection',
    colors: { surface: '#161b22', primary: '#2f81f7', bgPage: '#0d1117', groupBg: '#161b22', groupOutline: '#30363d' },
    sizes: { density: 'compact', pagePadding: '6px', groupGap: '6px', groupBorderRadius: '4px', widgetGap: '6px' },
  },
  {
    id: PAGE,
    type: 'ui-page',
    name: 'Inspection',
    ui: BASE,
    path: '/inspection',
    icon: 'factory',
    layout: 'grid',
    theme: THEME,
    breakpoints: [
      { name: 'Default', px: '0', cols: '3' },
      { name: 'Tablet', px: '576', cols: '6' },
      { name: 'Small Desktop', px: '768', cols: '6' },
      { name: 'Desktop', px: '1024', cols: '16' },
    ],
    order: 1,
    className: '',
    visible: 'true',
    disabled: 'false',
  },
  group('110', 'Station', 16, 1, 'ei-head'),
  group('100', 'Live', 6, 2, 'ei-top'),
  group('101', 'Verdict and yield', 6, 3, 'ei-top'),
  group('106', 'Last alerts', 4, 4, 'ei-top'),
  group('103', 'Defects by class', 3, 5, 'ei-bottom'),
  group('102', 'Least confidence', 4, 6, 'ei-bottom'),
  group('108', 'Last stops', 3, 7, 'ei-bottom'),
  group('107', 'Golden samples', 3, 8, 'ei-bottom'),
  group('105', 'Model', 3, 9, 'ei-bottom'),
  {
    id: MODEL,
    type: 'inspection-model',
    name: '',
    model: 'pcb-defects',
    threads: 0,
    overload: 'latest',
    queueLimit: 2,
    watchdogSeconds: 10,
  },
];

const onTab = (nodes) => nodes.map(({ id: own, type, ...rest }) => ({ id: own, type, z: TAB, ...rest }));

/** All nodes; `format` and `func` name the file that they are read from. */
export const FLOW = [
  { id: TAB, type: 'tab', label: 'Factory dashboard', disabled: false, info: '' },
  ...onTab([
    {
      id: id('40'),
      type: 'comment',
      info: INFO,
      x: 430,
      y: 40,
      wires: [],
      name: 'Needs @flowfuse/node-red-dashboard. Deploy, then open /dashboard. English and Chinese; for a 10-inch panel and for a phone',
    },
    ...LINE,
    ...LINKS,
    ...DATA,
    ...CARDS,
  ]),
  ...PAGES,
];
