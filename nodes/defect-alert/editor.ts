import { defineEditor } from '../shared/editor/define-editor';
import { addGoldenList } from './dialog/golden-list';
import { addRulesForm } from './dialog/rules-form';
import { problemOf } from './dialog/rules-text';
import { addNameWarning } from './dialog/same-name';
import { classesFor } from './dialog/surroundings';
import { DEFECT_ALERT } from './properties';

defineEditor(DEFECT_ALERT, {
  color: '#E2D96E',
  outputs: ['alert', 'verdict'],
  label: ({ station }) => (typeof station === 'string' ? station : ''),
  check: (node, name, value) =>
    name === 'rules' ? problemOf(typeof value === 'string' ? value : '', classesFor(node)) : undefined,
  prepare(dialog) {
    addNameWarning(dialog);
    addRulesForm(dialog);
    addGoldenList(dialog);
  },
});
