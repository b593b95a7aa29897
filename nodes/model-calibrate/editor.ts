import { defineEditor } from '../shared/editor/define-editor';
import { MODEL_CALIBRATE } from './properties';

defineEditor(MODEL_CALIBRATE, { color: '#C0DEED' });
