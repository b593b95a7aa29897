/**
 * The factory dashboard in headless Chromium, on a 10-inch panel and on a phone, in English and Chinese; the pictures
 * are docs/images/dashboard-*.png. The line is the simulator, the model the one that is shipped.
 *
 * Usage: npm run lab -- dashboard-screenshots [SECONDS [MODEL [CANDIDATE]]]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { launchBrowser } from '../../test/helpers/browser';
import { ROOT } from '../../test/helpers/root';
import { dashboardExample, startDashboard, type FlowNode } from '../../test/alert/support/dashboard';

const VIEWS = [
  { name: 'panel', width: 1280, height: 800, locale: 'en-US', colorScheme: 'light' },
  { name: 'phone', width: 390, height: 844, locale: 'en-US', colorScheme: 'dark' },
  { name: 'panel-zh', width: 1280, height: 800, locale: 'zh-CN', colorScheme: 'dark' },
] as const;
const OUT = join(ROOT, 'docs', 'images');
/** How long the line runs before the pictures are taken. */
const RUN_MS = Number(process.argv[2] ?? 60) * 1000;

function simulatedLine(flow: FlowNode[], temperatureFile: string): FlowNode[] {
  return flow.map((node) => {
    if (node.type === 'inspection-model' && process.argv[3]) return { ...node, model: process.argv[3] };
    if (node.type === 'camera-in') return { ...node, fps: 2 };
    if (node.type === 'thermal-guard') return { ...node, sensor: temperatureFile };
    if (node.type === 'model-shadow') return { ...node, candidate: process.argv[4] ?? node.candidate };
    return node;
  });
}

async function main(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const dashboard = await startDashboard();
  const browser = await launchBrowser();
  try {
    const temperatureFile = join(dashboard.userDir, 'temp');
    writeFileSync(temperatureFile, '61400\n');
    await dashboard.nodeRed.deploy(simulatedLine(dashboardExample(), temperatureFile));
    await sleep(RUN_MS);
    for (const { name, width, height, locale, colorScheme } of VIEWS) {
      const context = await browser.newContext({ viewport: { width, height }, locale, colorScheme });
      const page = await context.newPage();
      page.on('pageerror', (error) => console.error(`${name}: ${String(error)}`));
      await page.goto(dashboard.url, { timeout: 180_000, waitUntil: 'domcontentloaded' });
      await page.waitForSelector('.ei-live img', { timeout: 180_000 });
      await page.waitForSelector('.ei-class', { timeout: 60_000 });
      await sleep(5000);
      await page.waitForSelector('.ei-verdict.fail', { timeout: 60_000 });
      await sleep(300);
      const shot = await page.screenshot({ fullPage: name === 'phone' });
      // 256 colours: small enough for a README
      await sharp(shot)
        .png({ palette: true, quality: 80, effort: 8 })
        .toFile(join(OUT, `dashboard-${name}.png`));
      await context.close();
    }
    console.error(
      dashboard.nodeRed.log
        .split('\n')
        .filter((line) => /error|warn/i.test(line))
        .slice(0, 20)
        .join('\n'),
    );
  } catch (error) {
    console.error(dashboard.nodeRed.log);
    throw error;
  } finally {
    await browser.close();
    await dashboard.stop();
  }
}

void main();
