import { applies, migrate, versionOf, type NodeProperties, type Property, type Raw } from '../properties';
import type { CodeEditor, EditorNode, Red } from './red';

declare const RED: Red;

/** The dialog of one node while it is open. */
export class Dialog {
  readonly node: EditorNode;
  readonly #properties: NodeProperties;
  readonly #prefix: string;
  readonly #codeEditors = new Map<string, CodeEditor>();
  /** Properties without a field of their own: how to read what is shown of them. */
  readonly #shown = new Map<string, () => unknown>();

  constructor(node: EditorNode, properties: NodeProperties, isConfig: boolean) {
    this.node = node;
    this.#properties = properties;
    this.#prefix = isConfig ? 'node-config-input' : 'node-input';
  }

  /** The field of a property. */
  readonly field = (name: string): JQuery => $(`#${this.#prefix}-${name}`);

  /** The row that a property stands in. */
  readonly row = (name: string): JQuery => this.field(name).closest('.form-row');

  /** The values in the fields now, deployed or not. */
  readonly values = (): Raw => {
    const names = Object.keys(this.#properties.table);
    const shown = names.map((name) => [name, this.#shown.get(name)?.() ?? valueIn(this.field(name))] as const);
    return { ...this.node, ...Object.fromEntries(shown.filter(([, value]) => value !== undefined)) };
  };

  /** What a property means in the flow that is edited: brought up to date, with its default. */
  readonly stored = (name: string): unknown =>
    migrate(this.#properties, this.node)[name] ?? this.#properties.table[name]?.default;

  /** Takes over a property: `read` gives what the dialog shows of it, in place of a field. */
  readonly provide = (name: string, read: () => unknown): void => void this.#shown.set(name, read);

  /** To be called when something that is no field has changed. */
  readonly changed = (): void => this.#showRows();

  /** The list of a property that is one. */
  readonly list = (name: string): JQuery => $(`#${this.#prefix}-${name}-list`);

  /** The code editor of a JSON property. */
  readonly codeEditor = (name: string): CodeEditor | undefined => this.#codeEditors.get(name);

  /**
   * Shows what the node means: an older flow brought up to date, and defaults where it has nothing. The editor itself
   * leaves such fields blank, and those of a configuration node made by '+' too where the default is 0.
   */
  fill(): void {
    const { table } = this.#properties;
    const raw = migrate(this.#properties, this.node);
    for (const [name, property] of Object.entries(table)) {
      const field = this.field(name);
      // the editor has filled in configuration nodes and credentials itself
      if (field.length === 0 || property.kind === 'node' || isCredential(property)) continue;
      setField(field, raw[name] ?? property.default);
      if (property.kind === 'json') this.#openCodeEditor(name, String(field.val() ?? ''));
    }
    const follow = () => this.#showRows();
    for (const name of Object.keys(table)) this.field(name).on('change', follow);
    follow();
  }

  /** To be called before the editor takes over what is in the fields. */
  save(): void {
    for (const [name, editor] of this.#codeEditors) {
      const text = editor.getValue().trim();
      this.field(name).val(/^\{\s*\}$/.test(text) ? '' : text);
    }
    // what has no field is stored here: the editor takes over fields only
    for (const [name, read] of this.#shown) {
      if (this.field(name).length === 0) this.node[name] = read();
    }
    this.node.version = versionOf(this.#properties);
    this.close();
  }

  close(): void {
    for (const editor of this.#codeEditors.values()) editor.destroy();
    this.#codeEditors.clear();
  }

  resize(): void {
    for (const editor of this.#codeEditors.values()) editor.resize();
  }

  #openCodeEditor(name: string, text: string): void {
    const id = `${this.#prefix}-${name}-editor`;
    this.#codeEditors.set(name, RED.editor.createEditor({ id, mode: 'ace/mode/json', value: text || '{\n}' }));
  }

  /** Fields that mean nothing with the others as they are are not shown. */
  #showRows(): void {
    const values = this.values();
    const { table } = this.#properties;
    for (const [name, property] of Object.entries(table)) {
      if (property.when === undefined) continue;
      const isShown = applies(property, table, values);
      // what stands beside another goes with its row
      if (property.beside === undefined) this.row(name).add(this.list(name).closest('.form-row')).toggle(isShown);
    }
    this.#showHeadings();
  }

  /** A heading stands over something, or is not shown. */
  #showHeadings(): void {
    const first = Object.keys(this.#properties.table)[0];
    if (first === undefined) return;
    for (const heading of this.row(first).parent().children('h4').get()) {
      const under = $(heading).nextUntil('h4').filter('.form-row').get();
      $(heading).toggle(under.some((row) => row.style.display !== 'none'));
    }
  }
}

function isCredential({ kind }: Property): boolean {
  return kind === 'credential' || kind === 'password';
}

function valueIn(field: JQuery): unknown {
  if (field.length === 0) return undefined;
  return field.is(':checkbox') ? field.prop('checked') : (field.val() ?? undefined);
}

function setField(field: JQuery, value: unknown): void {
  if (field.is(':checkbox')) {
    field.prop('checked', value === true || value === 'true');
    return;
  }
  // a number field would show nothing for ${RATE}, or for what is wrong, and Done would store that
  if (field.attr('type') === 'number' && Number.isNaN(Number(value))) field.attr('type', 'text');
  field.val(String(value));
}
