import { Books } from './books';
import { FrameLedger } from './ledger';
import { StationMetrics } from './metrics';
import { StationMonitor } from './monitor';
import { Scheduler } from './scheduler';
import { Sequences } from './sequences';
import { ThreadBudget } from './thread-budget';

/**
 * What the cameras, models and guards of one station have in common: what may be spent, which frames are under way, whose
 * threads are whose, and the numbers of it all. It is made once and handed to whoever needs it; several in one process know
 * nothing of each other. Everything in it goes by node id, since names are for people and may repeat.
 */
export class Station {
  readonly scheduler = new Scheduler();
  readonly ledger = new FrameLedger();
  readonly books = new Books();
  readonly sequences = new Sequences();
  readonly threads = new ThreadBudget();
  readonly monitor = new StationMonitor(this.scheduler, this.books);
  #metrics: StationMetrics | undefined;

  /** Made when it is first asked for: nobody pays for metrics that nobody reads. */
  get metrics(): StationMetrics {
    return (this.#metrics ??= new StationMetrics(this.monitor));
  }
}
