import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Detection } from '../../contract/detection';
import { thumbnail } from '../../image/thumbnail';
import type { Certificate, ModelFigures } from './certify';
import { barPlot, escapeHtml, page, table } from '../../kit/html';
import type { ClassVerdict } from '../../contract/certificate';
import { KEPT_POINTS } from './rule';
import type { ImageResult } from './run';

/** Longer side of the pictures in the report, pixels. */
const PICTURE_PIXELS = 480;

const SERIES = ['float32', 'INT8'] as const;

export interface ReportInput {
  modelName: string;
  version: string;
  createdAt: string;
  certificate: Certificate;
  recipe: Record<string, unknown>;
  results: ImageResult[];
}

/** The certificate as one HTML file that a quality manager can read, print and archive. */
export async function certificateReport(input: ReportInput): Promise<string> {
  const { certificate, modelName, version, createdAt } = input;
  const { float, int8, classes, all, flips, squeeze } = certificate;
  const body = [
    `<h1>${certificate.passed ? 'Certificate' : 'Refused'}: ${escapeHtml(modelName)} ${escapeHtml(version)}, INT8</h1>`,
    `<p>${escapeHtml(createdAt)}</p>`,
    `<p class="${certificate.passed ? 'passed' : 'refused'}">${escapeHtml(certificate.verdict)}.</p>`,
    `<p>${escapeHtml(basisText(certificate))}</p>`,
    '<h2>Size, speed, accuracy</h2>',
    table(['', ...SERIES, 'INT8 ÷ float32'], figureRows(float, int8)),
    barPlot(
      'Latency of one picture, ms',
      SERIES,
      [
        { label: 'median', values: [float.latencyMs.p50, int8.latencyMs.p50] },
        { label: '90 % are below', values: [float.latencyMs.p90, int8.latencyMs.p90] },
      ],
      Math.max(float.latencyMs.p90, int8.latencyMs.p90),
      (value) => value.toFixed(1),
    ),
    '<h2>Recall per class</h2>',
    barPlot('Recall, %', SERIES, [all, ...classes].map(recallBars), 100, (value) => value.toFixed(0)),
    table(
      ['class', 'there', 'float32 finds', 'INT8 finds', 'points lost', 'at most (95 %)', 'points added', ''],
      [all, ...classes].map((each) => [
        each.label,
        String(each.references),
        String(each.foundFloat),
        String(each.foundInt8),
        each.lossPoints.toFixed(1),
        each.atMostPoints.toFixed(1),
        each.addedPoints.toFixed(1),
        outcomeText(each),
      ]),
    ),
    `<p>${escapeHtml(ruleText(certificate))}</p>`,
    '<h2>At the thresholds of the station</h2>',
    table(
      ['', 'things'],
      [
        ['found by the float32 model only', String(flips.lost)],
        ['found by INT8 only', String(flips.gained)],
        ['reported by INT8 only, beside what is there', String(flips.added)],
        ['of which the float32 model is surer than 0.8', String(squeeze.things)],
        ['median confidence in these, float32', squeeze.float.toFixed(2)],
        ['median confidence in these, INT8', squeeze.int8.toFixed(2)],
      ],
    ),
    '<h2>Pictures where the models differ most</h2>',
    await worstPictures(input),
    '<h2>How it was made</h2>',
    table(
      ['', ''],
      [
        ['float32 model, SHA-256', float.sha256],
        ['INT8 model, SHA-256', int8.sha256],
        ['INT8 model calculated with', certificate.arithmetic],
        ...Object.entries(input.recipe).map(([key, value]) => [key, recipeText(value)] as const),
      ],
    ),
  ];
  return page(`Certificate ${modelName} ${version}`, body.join('\n'));
}

function outcomeText({ outcome, adds, moreNeeded, references }: ClassVerdict): string {
  if (outcome === 'lost') return 'lost';
  if (adds) return 'reports what is not there';
  if (outcome === 'kept') return 'kept';
  if (references === 0) return 'not enough evidence: none there';
  return moreNeeded === undefined ? 'not enough evidence' : `not enough evidence: ${moreNeeded} more needed`;
}

function ruleText({ rule, allowedLossPoints }: Certificate): string {
  return `Rule ${rule}: kept means that with 95 % confidence no more than ${KEPT_POINTS} points are lost; lost, that a model which loses exactly ${allowedLossPoints} points would hardly ever look like this. Points are counted on a ramp of the confidence, so that a detection just above the threshold that falls just below it is hardly a loss.`;
}

function recipeText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function basisText({ basis, images, confidence, allowedLossPoints }: Certificate): string {
  const what =
    basis === 'labels'
      ? 'Recall of what people labelled'
      : 'There were no labels: recall of what the float32 model reports';
  return `${what}, on ${images} pictures that calibration did not see, at confidence ${confidence}; a class may lose ${allowedLossPoints} points.`;
}

const percent = (share: number | undefined): string => (share === undefined ? 'no labels' : (100 * share).toFixed(1));

function figureRows(float: ModelFigures, int8: ModelFigures): string[][] {
  const megabytes = ({ sizeBytes }: ModelFigures): string => `${(sizeBytes / 1e6).toFixed(2)} MB`;
  const difference = (a: number | undefined, b: number | undefined): string =>
    a === undefined || b === undefined ? '' : `${(100 * (b - a)).toFixed(1)} points`;
  const ratio = (a: number, b: number): string => (a > 0 ? (b / a).toFixed(2) : '');
  return [
    ['file', megabytes(float), megabytes(int8), ratio(float.sizeBytes, int8.sizeBytes)],
    [
      'latency, median',
      `${float.latencyMs.p50.toFixed(1)} ms`,
      `${int8.latencyMs.p50.toFixed(1)} ms`,
      ratio(float.latencyMs.p50, int8.latencyMs.p50),
    ],
    ['mAP50', percent(float.map50), percent(int8.map50), difference(float.map50, int8.map50)],
    ['mAP50-95', percent(float.map5095), percent(int8.map5095), difference(float.map5095, int8.map5095)],
  ];
}

function recallBars({ label, references, foundFloat, foundInt8 }: ClassVerdict): { label: string; values: number[] } {
  return { label, values: [foundFloat, foundInt8].map((found) => (100 * found) / Math.max(1, references)) };
}

async function worstPictures({ certificate, results }: ReportInput): Promise<string> {
  if (certificate.worst.length === 0) return '<p>None: both models report the same things.</p>';
  const sections = await Promise.all(
    certificate.worst.map(async ({ file, lost, added }) => {
      const result = results.find(({ path }) => basename(path) === file)!;
      const picture = (await thumbnail(await readFile(result.path), PICTURE_PIXELS, result.view?.rotate)).toString(
        'base64',
      );
      const draw = (which: 'float' | 'int8'): string =>
        drawn(
          picture,
          result,
          result[which].detections.filter(({ confidence }) => confidence >= certificate.confidence),
        );
      return `<h3>${escapeHtml(file)}</h3><p>INT8 misses ${lost} and adds ${added}. Left float32, right INT8.</p><div class="pair">${draw('float')}${draw('int8')}</div>`;
    }),
  );
  return sections.join('\n');
}

/** The picture with its detections drawn over it. */
function drawn(jpegBase64: string, { image }: ImageResult, detections: readonly Detection[]): string {
  const scale = PICTURE_PIXELS / Math.max(image.width, image.height, PICTURE_PIXELS);
  const width = Math.round(image.width * scale);
  const height = Math.round(image.height * scale);
  const boxes = detections.map(({ box, label, confidence }) => {
    const [x, y, w, h] = [box.x, box.y, box.width, box.height].map((pixels) => (pixels * scale).toFixed(1));
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="#f0f" stroke-width="1.5"/><text x="${x}" y="${y}" dy="10" style="fill:#f0f" font-size="10">${escapeHtml(label)} ${confidence.toFixed(2)}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><image href="data:image/jpeg;base64,${jpegBase64}" width="${width}" height="${height}"/>${boxes.join('')}</svg>`;
}
