/** Text made safe for HTML and attributes: labels and file names are other people's words. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Bars of one group stand side by side, one per series. */
export interface BarGroup {
  label: string;
  values: readonly number[];
}

const COLOURS = ['#5b7db1', '#d98032'] as const;
const BAR_HEIGHT = 9;
const LABEL_WIDTH = 150;
const PLOT_WIDTH = 420;

/**
 * Horizontal bars as inline SVG, one row per group.
 *
 * @param series names of the bars in a group
 * @param max the value of a full bar
 * @param format writes a value at its bar's end
 */
export function barPlot(
  title: string,
  series: readonly string[],
  groups: readonly BarGroup[],
  max: number,
  format: (value: number) => string,
): string {
  const rowHeight = series.length * BAR_HEIGHT + 8;
  const height = groups.length * rowHeight;
  const rows = groups.map(({ label, values }, row) => {
    const top = row * rowHeight;
    const bars = values.map((value, index) => {
      const width = max > 0 ? Math.max(1, (value / max) * PLOT_WIDTH) : 1;
      const y = top + index * BAR_HEIGHT;
      return (
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT - 1}" fill="${COLOURS[index % 2]}"/>` +
        `<text x="${(LABEL_WIDTH + width + 4).toFixed(1)}" y="${y + BAR_HEIGHT - 1}">${escapeHtml(format(value))}</text>`
      );
    });
    return `<text x="${LABEL_WIDTH - 6}" y="${top + rowHeight / 2}" text-anchor="end">${escapeHtml(label)}</text>${bars.join('')}`;
  });
  const legend = series
    .map((name, index) => `<span><i style="background:${COLOURS[index % 2]}"></i>${escapeHtml(name)}</span>`)
    .join(' ');
  return (
    `<figure><figcaption>${escapeHtml(title)} ${legend}</figcaption>` +
    `<svg role="img" aria-label="${escapeHtml(title)}" width="${LABEL_WIDTH + PLOT_WIDTH + 90}" height="${height}" font-size="10">${rows.join('')}</svg></figure>`
  );
}

/** A table; cells are text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`;
}

/** A whole document that needs nothing from anywhere else: no scripts, fonts or style sheets to fetch. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: .8em 0; }
td, th { overflow-wrap: anywhere; padding: .25em .7em; border-bottom: 1px solid #8886; text-align: right; }
td:first-child, th:first-child { text-align: left; overflow-wrap: normal; }
figure { margin: 1.2em 0; overflow-x: auto; }
figcaption i { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .8em; }
svg text { fill: currentColor; }
.passed, .refused { padding: .5em .8em; border-left: .4em solid #3a9a5b; background: #3a9a5b22; }
.refused { border-color: #c33; background: #c3322222; }
.pair { display: flex; flex-wrap: wrap; gap: 1em; }
.pair svg { max-width: 100%; height: auto; }
code { overflow-wrap: anywhere; }
</style></head><body>
${body}
</body></html>
`;
}
