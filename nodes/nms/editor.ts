import { defineEditor } from '../shared/editor/define-editor';
import { NMS } from './properties';

defineEditor(NMS, { color: '#E2D96E' });
