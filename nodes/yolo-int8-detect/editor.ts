import { defineEditor } from '../shared/editor/define-editor';
import { YOLO_INT8_DETECT } from './properties';

defineEditor(YOLO_INT8_DETECT, { color: '#E2D96E' });
