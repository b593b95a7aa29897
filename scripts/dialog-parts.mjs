// What the build makes of a node's table of properties: the rows of its dialog, and the list of them in its help.

const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A text of a catalogue by its path, or undefined. */
export function textAt(catalogue, path) {
  return path.split('.').reduce((part, key) => part?.[key], catalogue);
}

/** Width of the field in the dialog by kind, pixels; others take the row. */
const WIDTHS = { number: 80, integer: 80 };

function attributes(list) {
  return Object.entries(list)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escape(value)}"`))
    .join('');
}

function styleOf({ kind, widthPx = WIDTHS[kind] }) {
  if (kind === 'boolean') return 'width: auto; vertical-align: top';
  return widthPx === undefined ? undefined : `width: ${widthPx}px`;
}

/** The field itself, without its label. */
function fieldOf(type, name, property, id, catalogue) {
  const { kind, min, max, step, choices, placeholder } = property;
  const style = styleOf(property);
  if (kind === 'choice') {
    const options = choices.map((word) => {
      const key = `${type}.${name}.${word === '' ? 'none' : word}`;
      const caption = textAt(catalogue, key) === undefined ? `>${escape(word)}` : ` data-i18n="${key}">`;
      return `<option value="${escape(word)}"${caption}</option>`;
    });
    return `<select${attributes({ id, style: style ?? 'width: 70%' })}>${options.join('')}</select>`;
  }
  if (kind === 'boolean') return `<input type="checkbox"${attributes({ id, style })} />`;
  if (kind === 'json') return `<input type="hidden"${attributes({ id })} />`;
  if (kind === 'list') return `<ol${attributes({ id: `${id}-list` })}></ol>`;
  const isNumber = kind === 'number' || kind === 'integer';
  const key = `${type}.placeholder.${name}`;
  return `<input${attributes({
    type: isNumber ? 'number' : kind === 'password' ? 'password' : 'text',
    id,
    ...(isNumber && { min, max, step }),
    style,
    placeholder,
    'data-i18n': textAt(catalogue, key) === undefined ? undefined : `[placeholder]${key}`,
    autocomplete: kind === 'password' ? 'new-password' : kind === 'credential' ? 'off' : undefined,
  })} />`;
}

function hintOf(type, name, { unit }, catalogue) {
  const key = `${type}.hint.${name}`;
  if (textAt(catalogue, key) !== undefined) return ` <span data-i18n="${key}"></span>`;
  return unit === undefined ? '' : ` ${escape(unit)}`;
}

/** A sentence below the field, for what everybody should read. */
function tipOf(type, name, catalogue) {
  const key = `${type}.tip.${name}`;
  return textAt(catalogue, key) === undefined ? '' : `<div class="form-tips" data-i18n="[html]${key}"></div>`;
}

function labelOf(type, name, { icon = 'circle-o' }, id) {
  return `<label for="${id}"><i class="fa fa-${icon}"></i> <span data-i18n="${type}.label.${name}"></span></label>`;
}

/** The rows of a dialog as HTML. @param catalogue captions of the node, en-US */
export function dialogRows({ type, table, isConfig }, catalogue) {
  const prefix = isConfig ? 'node-config-input' : 'node-input';
  const nameKey =
    textAt(catalogue, `${type}.placeholder.name`) === undefined ? 'inspection.label.name' : `${type}.placeholder.name`;
  const rows = [
    `<div class="form-row"><label for="${prefix}-name"><i class="fa fa-tag"></i> <span data-i18n="inspection.label.name"></span></label>` +
      ` <input type="text" id="${prefix}-name" data-i18n="[placeholder]${nameKey}" /></div>`,
  ];
  for (const [name, property] of Object.entries(table)) {
    const id = `${prefix}-${name}`;
    const tip = tipOf(type, name, catalogue);
    const field = fieldOf(type, name, property, id, catalogue) + hintOf(type, name, property, catalogue);
    if (property.section !== undefined) rows.push(`<h4 data-i18n="${type}.section.${property.section}"></h4>`);
    if (property.beside !== undefined) {
      rows.push(rows.pop().replace(/<\/div>$/, ` ${escape(property.beside)} ${field}</div>`));
    } else if (property.kind === 'json') {
      rows.push(`<div class="form-row" style="margin-bottom: 0">${labelOf(type, name, property, id)} ${field}</div>`);
      rows.push(
        `<div class="form-row node-text-editor-row"><div class="node-text-editor" id="${id}-editor" style="height: 160px; min-height: 120px"></div></div>`,
      );
    } else if (property.kind === 'list') {
      const label = property.section === undefined ? labelOf(type, name, property, `${id}-list`) : '';
      rows.push(`${tip}<div class="form-row ${id}-row" style="margin-top: 8px">${label}${field}</div>`);
    } else {
      const when = attributes({ 'data-when': property.when && Object.keys(property.when).join(' ') });
      rows.push(`<div class="form-row"${when}>${labelOf(type, name, property, id)} ${field}${tip}</div>`);
    }
  }
  return rows.join('\n  ');
}

const TYPE_WORDS = {
  integer: 'number',
  choice: 'choice',
  path: 'path',
  boolean: 'yes / no',
  json: 'JSON',
  list: 'list',
  node: 'node',
};

/** The list of properties for the help, in the language of the catalogue. */
export function helpList({ type, table }, catalogue) {
  const rows = Object.entries(table).map(([name, property]) => {
    const kind = TYPE_WORDS[property.kind] ?? 'text';
    const label = textAt(catalogue, `${type}.label.${name}`) ?? name;
    const help = textAt(catalogue, `${type}.help.${name}`) ?? '';
    return `    <dt>${escape(label)} <span class="property-type">${kind}${property.unit ? `, ${escape(property.unit)}` : ''}</span></dt>\n    <dd>${help}</dd>`;
  });
  return `<h3>${catalogue.inspection.help.properties}</h3>\n  <dl class="message-properties">\n${rows.join('\n')}\n  </dl>`;
}
