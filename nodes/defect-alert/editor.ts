import { defineEditor } from '../shared/editor/define-editor';
import { addGoldenList } from './dialog/golden-list';
import { DEFECT_ALERT } from './properties';

defineEditor(DEFECT_ALERT, {
  color: '#E2D96E',
  outputs: ['alert', 'verdict'],
  label: ({ station }) => (typeof station === 'string' ? station : ''),
  prepare: addGoldenList,
});
