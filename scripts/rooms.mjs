// Who may import whom: the one table. A room is a folder of src/; `nodes` is the adapters, `lab` and `test` may use all.
// eslint.config.mjs makes a lint rule of it. An import that is not in the table needs a reason: add it here, in its place,
// so that the list stays without circles (each room only names rooms above it).
export const ROOMS = {
  contract: [],
  kit: ['contract'],
  onnx: ['contract', 'kit'],
  image: ['contract', 'kit'],
  model: ['contract', 'kit', 'onnx'],
  detect: ['contract', 'kit', 'onnx', 'image', 'model'],
  detector: ['contract', 'kit', 'image', 'model', 'detect'],
  evaluate: ['contract', 'kit', 'image', 'model', 'detect'],
  thermal: ['contract', 'kit'],
  station: ['contract', 'kit', 'thermal'],
  alert: ['contract', 'kit'],
  simulate: ['contract', 'kit', 'image', 'thermal'],
  camera: ['contract', 'kit', 'simulate'],
  quantize: ['contract', 'kit', 'onnx', 'image', 'model', 'detect', 'detector', 'evaluate'],
  shadow: ['contract', 'kit', 'image', 'model', 'detect', 'detector'],
  bench: ['contract', 'kit', 'onnx', 'image', 'model', 'detect', 'detector', 'evaluate', 'thermal'],
  doctor: ['contract', 'kit', 'model', 'detector', 'thermal', 'camera'],
  deploy: ['contract', 'kit', 'model', 'detector', 'doctor'],
  cli: [
    ...['contract', 'kit', 'onnx', 'image', 'model', 'detect', 'detector', 'evaluate', 'thermal'],
    ...['alert', 'simulate', 'camera', 'quantize', 'shadow', 'bench', 'doctor', 'deploy'],
  ],
};

const BEYOND_ENGINE = ['nodes', 'lab', 'test'];

/** One ESLint configuration per room: what its files must not import. */
export function roomRules() {
  return Object.entries(ROOMS).map(([room, allowed]) => {
    const forbidden = [
      ...Object.keys(ROOMS).filter((other) => other !== room && !allowed.includes(other)),
      ...BEYOND_ENGINE,
    ];
    return {
      files: [`src/${room}/**/*.ts`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                regex: `^(\\.\\./)+(src/)?(${forbidden.join('|')})(/|$)`,
                message: `src/${room} may import ${allowed.join(', ') || 'no other room'}: see scripts/rooms.mjs`,
              },
              { regex: '^node-red', message: 'The engine knows nothing of Node-RED' },
            ],
          },
        ],
      },
    };
  });
}
