import type { ThermalLevel } from '../../contract/thermal';
import { escapeHtml } from '../../kit/html';
import type { ThermalResult, TracePoint } from './simulate';

/** Size of a plot in its own units; it scales with the page. */
const PLOT = { width: 900, height: 260, left: 56, right: 16, top: 14, bottom: 30 };

const LEVEL_FILL: Record<ThermalLevel, string> = {
  full: 'none',
  'shadow off': '#9bd3a0',
  'rate reduced': '#f2cf63',
  'threads reduced': '#f0a35e',
  paused: '#e06c6c',
};

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #222; background: #fff; }
  table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .25rem .75rem; border-bottom: 1px solid #ccc; text-align: right; }
  th:first-child, td:first-child { text-align: left; } svg { width: 100%; height: auto; } .axis { font-size: 11px; fill: currentColor; }
  .key span { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em; vertical-align: -.1em; }
  @media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b; } th, td { border-color: #444; } }`;

interface Range {
  min: number;
  max: number;
}

interface Line {
  points: { atS: number; value: number }[];
  color: string;
  width?: number;
  dash?: string;
}

function scales(totalS: number, range: Range) {
  const innerWidth = PLOT.width - PLOT.left - PLOT.right;
  const innerHeight = PLOT.height - PLOT.top - PLOT.bottom;
  return {
    x: (atS: number) => PLOT.left + (atS / totalS) * innerWidth,
    y: (value: number) => PLOT.top + (1 - (value - range.min) / (range.max - range.min || 1)) * innerHeight,
  };
}

/** A step that gives about five lines: 1, 2 or 5 times a power of ten. */
function niceStep(span: number): number {
  const raw = span / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10);
}

function axes(totalS: number, range: Range, unit: string): string {
  const { x, y } = scales(totalS, range);
  const parts: string[] = [];
  const step = niceStep(range.max - range.min);
  for (let value = Math.ceil(range.min / step) * step; value <= range.max; value += step) {
    parts.push(
      `<line x1="${PLOT.left}" x2="${PLOT.width - PLOT.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="currentColor" stroke-opacity=".15"/>`,
      `<text class="axis" x="${PLOT.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${+value.toFixed(2)}</text>`,
    );
  }
  const minuteStep = niceStep(totalS / 60);
  for (let minute = 0; minute <= totalS / 60; minute += minuteStep) {
    parts.push(
      `<text class="axis" x="${x(minute * 60).toFixed(1)}" y="${PLOT.height - 10}" text-anchor="middle">${+minute.toFixed(2)} min</text>`,
    );
  }
  parts.push(`<text class="axis" x="${PLOT.left}" y="${PLOT.top - 3}">${unit}</text>`);
  return parts.join('');
}

/** Colored bands behind a plot: when what was given up. */
function levelBands(trace: TracePoint[], totalS: number, range: Range): string {
  const { x } = scales(totalS, range);
  const bands: string[] = [];
  for (let i = 0; i < trace.length;) {
    const from = trace[i] as TracePoint;
    let end = i;
    while (end < trace.length && trace[end]?.level === from.level) end++;
    const untilS = trace[end]?.atS ?? totalS;
    if (from.level !== 'full') {
      bands.push(
        `<rect x="${x(from.atS).toFixed(1)}" width="${(x(untilS) - x(from.atS)).toFixed(1)}" y="${PLOT.top}" height="${PLOT.height - PLOT.top - PLOT.bottom}" fill="${LEVEL_FILL[from.level]}" fill-opacity=".25"/>`,
      );
    }
    i = end;
  }
  return bands.join('');
}

function plot(title: string, trace: TracePoint[], totalS: number, range: Range, unit: string, lines: Line[]): string {
  const { x, y } = scales(totalS, range);
  const paths = lines.map((line) => {
    const path = line.points.map((p, i) => `${i ? 'L' : 'M'}${x(p.atS).toFixed(1)} ${y(p.value).toFixed(1)}`).join('');
    const dash = line.dash ? ` stroke-dasharray="${line.dash}"` : '';
    return `<path d="${path}" fill="none" stroke="${line.color}" stroke-width="${line.width ?? 1.5}"${dash}/>`;
  });
  return `<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="${escapeHtml(title)}">${levelBands(trace, totalS, range)}${axes(totalS, range, unit)}${paths.join('')}</svg>`;
}

function level(value: number, totalS: number): Line['points'] {
  return [
    { atS: 0, value },
    { atS: totalS, value },
  ];
}

function section(
  result: ThermalResult,
  limits: { softC: number; hardC: number },
  totalS: number,
  fullRate: number,
): string {
  const { trace } = result;
  const temps = trace.flatMap((point) => [point.tempC, point.ambientC]);
  const tempRange = { min: Math.min(...temps) - 2, max: Math.max(limits.hardC, ...temps) + 2 };
  const temperature = plot(`${result.controller}: temperature`, trace, totalS, tempRange, '°C', [
    { points: level(limits.softC, totalS), color: '#d08a00', dash: '6 4' },
    { points: level(limits.hardC, totalS), color: '#c62828', dash: '6 4' },
    { points: trace.map((p) => ({ atS: p.atS, value: p.ambientC })), color: '#4d8fd1', width: 1 },
    { points: trace.map((p) => ({ atS: p.atS, value: p.tempC })), color: '#c62828' },
  ]);
  const rate = plot(`${result.controller}: rate`, trace, totalS, { min: 0, max: fullRate * 1.05 }, 'inspections/s', [
    { points: level(result.sustainableRate, totalS), color: '#2e7d32', dash: '6 4' },
    { points: trace.map((p) => ({ atS: p.atS, value: p.ratePerSecond })), color: '#1565c0' },
  ]);
  return `<h2>${escapeHtml(result.controller)}</h2>${temperature}${rate}`;
}

const COLUMNS: [string, (result: ThermalResult) => string][] = [
  ['controller', (r) => escapeHtml(r.controller)],
  ['highest °C', (r) => r.maxTempC.toFixed(1)],
  ['s above hard', (r) => String(r.secondsAboveHard)],
  ['inspections', (r) => r.inspections.toFixed(0)],
  ['per second, 2nd half', (r) => r.steadyRate.toFixed(2)],
  ['sustainable', (r) => r.sustainableRate.toFixed(2)],
  ['steps', (r) => String(r.steps.length)],
  ['longest gap s', (r) => String(r.longestGapS)],
];

/**
 * One self-contained HTML page: temperature and rate over time for each controller, drawn as inline SVG, nothing loaded.
 *
 * @param results runs with a trace (`traceEveryS`)
 */
export function thermalReport(
  results: ThermalResult[],
  limits: { softC: number; hardC: number },
  title: string,
): string {
  const totalS = Math.max(1, ...results.flatMap((r) => r.trace.map((point) => point.atS)));
  const fullRate = Math.max(0.1, ...results.flatMap((r) => r.trace.map((point) => point.ratePerSecond)));
  const head = COLUMNS.map(([name]) => `<th>${name}</th>`).join('');
  const rows = results.map((r) => `<tr>${COLUMNS.map(([, cell]) => `<td>${cell(r)}</td>`).join('')}</tr>`).join('');
  const key = Object.entries(LEVEL_FILL)
    .filter(([, fill]) => fill !== 'none')
    .map(([name, fill]) => `<span style="background:${fill}"></span>${name}`)
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(title)}</h1>
<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>
<p class="key">Red: die, blue: air around the board, dashed: soft ${limits.softC} °C and hard ${limits.hardC} °C; dashed green: the rate whose steady state is soft. Given up: ${key}</p>
${results.map((result) => section(result, limits, totalS, fullRate)).join('\n')}
</body></html>
`;
}
