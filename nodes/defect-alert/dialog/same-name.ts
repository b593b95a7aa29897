import type { Dialog } from '../../shared/editor/dialog';
import { slug } from '../../../src/alert/judge/names';
import { stationsBeside } from './surroundings';

/** Says below the name of the station when another one has it. */
export function addNameWarning({ node, field, row }: Dialog): void {
  const tip = $('<div class="form-tips" id="defect-alert-same-name" role="status" style="margin-top: 6px"></div>');
  const station = field('station');
  const check = () => {
    const name = String(station.val()).trim();
    const other = name === '' ? undefined : stationsBeside(node).find((beside) => slug(beside) === slug(name));
    tip.text(node._('defect-alert.rulesForm.sameName', { other: other ?? '' })).toggle(other !== undefined);
  };
  row('station').append(tip);
  station.on('input change', check);
  check();
}
