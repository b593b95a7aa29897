import { defineEditor } from '../shared/editor/define-editor';
import { INSPECTION_MODEL } from './properties';

defineEditor(INSPECTION_MODEL, { label: ({ model }) => (typeof model === 'string' ? model : '') });
