import { defineEditor } from '../shared/editor/define-editor';
import type { Dialog } from '../shared/editor/dialog';
import type { EditorNode } from '../shared/editor/red';
import { MODEL_SHADOW } from './properties';

/** The part of a report that the dialog shows. */
interface Report {
  phase: string;
  decision?: string;
  frames: number;
  reason?: string;
  text: string;
}

const COMMANDS = ['promote', 'confirm', 'revert', 'reject'];
/** Why there is no answer, by HTTP status. */
const FAILURES: Record<number, string> = { 401: 'forbidden', 403: 'forbidden', 404: 'notDeployed' };

function stateText(node: EditorNode, report: Report | null): string {
  if (report === null) return node._('model-shadow.state.none');
  const { phase, decision, frames, reason, text } = report;
  const differs = decision === 'different' && (phase === 'shadow' || phase === 'canary');
  return [
    node._(`model-shadow.phase.${differs ? 'different' : phase}`),
    node._('model-shadow.state.frames', { count: frames }),
    reason || text,
  ].join(' · ');
}

/** Asks the deployed node, and shows what it says. */
async function ask(node: EditorNode, method: 'GET' | 'POST', path: string, state: JQuery, reason = ''): Promise<void> {
  try {
    // through jQuery: the editor adds the user's token to its requests
    const report = (await $.ajax({
      url: `model-shadow/${node.id}${path}`,
      type: method,
      ...(method === 'POST' && { contentType: 'application/json', data: JSON.stringify({ reason }) }),
    })) as Report | null;
    state.text(stateText(node, report ?? null));
  } catch (failure) {
    const { status, responseJSON } = failure as { status: number; responseJSON?: { error?: string } };
    state.text(responseJSON?.error ?? node._(`model-shadow.state.${FAILURES[status] ?? 'failed'}`));
  }
}

/** How the shadow stands now, and buttons for what may be decided. */
function addCommands({ node, row }: Dialog): void {
  const buttons = $('<span id="model-shadow-buttons"></span>');
  const state = $('<div id="model-shadow-state" style="margin: 8px 0 0 104px"></div>');
  const reason = $('<input type="text" id="model-shadow-reason" style="margin: 8px 0 0 104px; width: 60%" />').attr({
    placeholder: node._('model-shadow.button.reason'),
    'aria-label': node._('model-shadow.button.reason'),
  });
  const label = $('<label><i class="fa fa-hand-pointer-o"></i> </label>').append(
    $('<span></span>').text(node._('model-shadow.label.now')),
  );
  for (const command of COMMANDS) {
    $('<button type="button" class="red-ui-button"></button>')
      .css('margin-right', '6px')
      .text(node._(`model-shadow.button.${command}`))
      .on('click', () => void ask(node, 'POST', `/${command}`, state, String(reason.val())))
      .appendTo(buttons);
  }
  $('<button type="button" class="red-ui-button"><i class="fa fa-refresh"></i></button>')
    .attr('title', node._('model-shadow.button.refresh'))
    .on('click', () => void ask(node, 'GET', '', state))
    .appendTo(buttons);
  const links = $('<div id="model-shadow-pages" style="margin: 8px 0 0 104px"></div>');
  for (const [page, caption] of [
    ['review', 'openReview'],
    ['thresholds', 'openThresholds'],
  ] as const) {
    $('<a target="_blank" rel="noopener"></a>')
      .css('margin-right', '12px')
      .attr('href', `edge-inspect/shadow/${node.id}/${page}`)
      .text(node._(`model-shadow.button.${caption}`))
      .appendTo(links);
  }
  $('<div class="form-row"></div>').append(label, ' ', buttons, reason, state, links).insertAfter(row('publicKey'));
  void ask(node, 'GET', '', state);
}

defineEditor(MODEL_SHADOW, { color: '#B9A6D3', outputs: ['report', 'disputed'], prepare: addCommands });
