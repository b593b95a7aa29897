import { nodeDisk } from '../../../src/kit/disk';
import { SlotStore } from '../../../src/model/slots/store';
import { watchedDisk } from '../../helpers/faulty-disk';

/**
 * A process that ends itself with SIGKILL before the given call of a swap:
 * `kill-child STATION install|promote|confirm|revert STEP [MODEL]`. Exits 0 when the operation had fewer calls.
 */
async function main(): Promise<void> {
  const [station = '', operation = '', step = '0', model = ''] = process.argv.slice(2);
  const disk = watchedDisk(nodeDisk, (_call, index) => {
    if (index === Number(step)) process.kill(process.pid, 'SIGKILL');
  });
  const store = new SlotStore(station, { disk });
  await store[operation as 'install'](model);
}

void main();
