import type { Dialog } from '../../shared/editor/dialog';
import { DEFAULT_RULES, SEVERITIES } from '../../../src/alert/judge/rules';
import { ClassList, type Caption } from './class-list';
import {
  classRowsOf,
  debounceOf,
  parseRules,
  problemOf,
  rulesText,
  twiceIn,
  withClasses,
  withDebounce,
  withKey,
  withZones,
  zonesOf,
  type Rules,
} from './rules-text';
import { camerasBefore, classesFor, findClasses } from './surroundings';
import { ZoneEditor } from './zone-editor';

/** More classes are not listed of themselves: those with rules are, and the others can be added by name. */
const MOST_LISTED = 20;

/**
 * The rules as lists and drawings. The text in the code editor is what counts and what is stored: the form writes it with
 * every change, and reads it when it is shown.
 */
class RulesForm {
  readonly #dialog: Dialog;
  readonly #caption: Caption;
  readonly #form = $('<div id="defect-alert-rules-form"></div>');
  readonly #problem = $('<div role="status" id="defect-alert-rules-problem" style="margin: 4px 0 8px"></div>');
  readonly #note = $('<div class="form-tips" id="defect-alert-rules-note" style="margin-bottom: 8px"></div>');
  readonly #classes: ClassList;
  readonly #zones: ZoneEditor;
  readonly #severity = $('<select id="defect-alert-severity" style="width: 160px"></select>');
  readonly #hits = $('<input type="number" id="defect-alert-hits" min="1" max="100" style="width: 60px" />');
  readonly #frames = $('<input type="number" id="defect-alert-frames" min="1" max="100" style="width: 60px" />');
  /** Where the text is edited. */
  readonly #editorRow: JQuery;
  #offered: string[] = [];

  constructor(dialog: Dialog) {
    this.#dialog = dialog;
    const { node } = dialog;
    this.#editorRow = dialog.row('rules').next('.node-text-editor-row');
    this.#caption = (key, values) => node._(`defect-alert.rulesForm.${key}`, values);
    const list = $('<ol id="defect-alert-class-list"></ol>');
    this.#form.append(this.#note, $('<div></div>').append(list));
    const perClass: Caption = (key, values) => node._(`defect-alert.classes.${key}`, values);
    this.#classes = new ClassList(list, perClass, () => this.#write());
    this.#zones = new ZoneEditor(node, camerasBefore(node), () => this.#write());
    this.#form.append(
      this.#severityRow(perClass),
      this.#debounceRow(),
      $('<h5 style="margin: 12px 0 6px"></h5>').text(this.#caption('zones')),
      this.#zones.element,
    );
  }

  open(): void {
    const { row, field, codeEditor, provide } = this.#dialog;
    row('rules').append(this.#views());
    this.#editorRow.before(this.#problem, this.#form);
    provide('rules', () => this.#text);
    codeEditor('rules')
      ?.getSession()
      .on('change', () => this.#showProblem());
    field('minConfidence').on('input change', () => this.#showMeaning());
    field('model').on('change', () => void this.#find());
    this.#severity
      .add(this.#hits)
      .add(this.#frames)
      .on('input change', () => this.#write());
    this.#show(this.#readable() === undefined ? 'text' : 'lists');
    void this.#find();
  }

  get #text(): string {
    const text = this.#dialog.codeEditor('rules')?.getValue().trim() ?? '';
    return /^\{\s*\}$/.test(text) ? '' : text;
  }

  /** The rules that are written; undefined: they are no JSON object. */
  #readable(): Rules | undefined {
    try {
      return parseRules(this.#text);
    } catch {
      return undefined;
    }
  }

  #views(): JQuery {
    const buttons = ['lists', 'text'].map((view) =>
      $('<button type="button" class="red-ui-button toggle defect-alert-view"></button>')
        .attr({ id: `defect-alert-view-${view}`, 'data-view': view })
        .text(this.#caption(view))
        .on('click', () => this.#show(view)),
    );
    return $('<span class="button-group"></span>').append(buttons);
  }

  /** Shows the lists, or the text: of what cannot be read the text. */
  #show(wanted: string): void {
    const rules = this.#readable();
    const view = rules === undefined ? 'text' : wanted;
    $('.defect-alert-view').each((_, button) => {
      const isShown = $(button).attr('data-view') === view;
      $(button).toggleClass('selected', isShown).attr('aria-pressed', String(isShown));
    });
    this.#form.toggle(view === 'lists');
    this.#editorRow.toggle(view === 'text');
    if (view === 'text') this.#dialog.resize();
    else if (rules !== undefined) this.#fill(rules);
    this.#showProblem();
  }

  #fill(rules: Rules): void {
    this.#classes.show(classRowsOf(rules, this.#offered.length > MOST_LISTED ? [] : this.#offered), this.#offered);
    this.#zones.show(zonesOf(rules), this.#classNames(rules));
    this.#severity.val(typeof rules.severity === 'string' ? rules.severity : '');
    const { hits, frames } = debounceOf(rules);
    this.#hits.val(hits);
    this.#frames.val(frames);
    this.#showMeaning();
  }

  #classNames(rules: Rules): string[] {
    return [...new Set([...this.#offered, ...classRowsOf(rules, []).map(({ label }) => label)])];
  }

  /** Writes what the form says into the text. */
  #write(): void {
    const stated = String(this.#severity.val() ?? '');
    let rules = withClasses(this.#readable() ?? {}, this.#classes.rows);
    rules = withZones(rules, this.#zones.zones);
    rules = withKey(rules, 'severity', stated === '' ? undefined : stated);
    rules = withDebounce(rules, { hits: String(this.#hits.val()), frames: String(this.#frames.val()) });
    this.#dialog.codeEditor('rules')?.setValue(rulesText(rules) || '{\n}');
    this.#dialog.field('rules').val(this.#text).trigger('change');
    this.#showMeaning();
    this.#showProblem();
  }

  async #find(): Promise<void> {
    const { node, field } = this.#dialog;
    this.#offered = await findClasses(node, String(field('model').val() ?? ''));
    const rules = this.#readable();
    if (rules !== undefined && this.#form.is(':visible')) this.#fill(rules);
    this.#showProblem();
  }

  #showProblem(): void {
    const twice = this.#form.is(':visible') ? twiceIn(this.#classes.rows) : undefined;
    const problem =
      twice === undefined
        ? problemOf(this.#text, classesFor(this.#dialog.node))
        : this.#caption('twice', { label: twice });
    this.#problem
      .text(problem ?? '')
      .css({ color: 'var(--red-ui-text-color-error, #ad1625)' })
      .toggle(problem !== undefined);
  }

  /** What empty fields mean, and what of the text no list shows. */
  #showMeaning(): void {
    const rules = this.#readable() ?? {};
    const typed = String(this.#dialog.field('minConfidence').val() || DEFAULT_RULES.minConfidence);
    const confidence = typeof rules.minConfidence === 'number' ? String(rules.minConfidence) : typed;
    const severity = String(this.#severity.val() || DEFAULT_RULES.severity);
    const perClass = this.#dialog.node._(`defect-alert.classes.as.${severity}`);
    this.#classes.showMeaning(confidence, this.#caption('others', { severity: perClass }));
    const unseen = ['minConfidence', 'events', 'rateLimit'].filter((key) => key in rules);
    this.#note.text(this.#caption('unseen', { keys: unseen.join(', ') })).toggle(unseen.length > 0);
  }

  #severityRow(perClass: Caption): JQuery {
    for (const word of ['', ...SEVERITIES]) {
      const text =
        word === ''
          ? this.#caption('usual', { value: perClass(`as.${DEFAULT_RULES.severity}`) })
          : perClass(`as.${word}`);
      $('<option></option>').val(word).text(text).appendTo(this.#severity);
    }
    const label = $('<label for="defect-alert-severity"></label>')
      .css({ width: 'auto', marginRight: '8px' })
      .text(this.#caption('severity'));
    return $('<div class="form-row" style="margin-top: 8px"></div>').append(label, this.#severity);
  }

  #debounceRow(): JQuery {
    const [before, between, after] = this.#caption('debounce').split('…');
    this.#hits.attr({ placeholder: '1', 'aria-label': this.#caption('hits') });
    this.#frames.attr({ placeholder: '1', 'aria-label': this.#caption('frames') });
    return $('<div class="form-row"></div>').append(
      `${before} `,
      this.#hits,
      ` ${between} `,
      this.#frames,
      ` ${after}`,
    );
  }
}

/** Shows the rules as lists, with the text as the expert's view. */
export function addRulesForm(dialog: Dialog): void {
  new RulesForm(dialog).open();
}
