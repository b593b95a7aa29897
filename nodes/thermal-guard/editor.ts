import { defineEditor } from '../shared/editor/define-editor';
import { THERMAL_GUARD } from './properties';

defineEditor(THERMAL_GUARD, { color: '#E2D96E', outputs: ['passed', 'state'] });
