import { spawn, type ChildProcess } from 'node:child_process';
import { Connection } from '../../src/deploy/connection';

/** The very commands that ssh would have the target's login shell run, run here with another home folder. */
export class LocalConnection extends Connection {
  readonly name = 'scratch';
  #last: ChildProcess | undefined;

  constructor(private readonly env: NodeJS.ProcessEnv) {
    super();
  }

  /** Cuts the line: what is being run on the target ends, and its answer never comes. */
  cut(): void {
    this.#last?.kill('SIGKILL');
  }

  protected start(command: string): ChildProcess {
    this.#last = spawn('sh', ['-c', command], { stdio: 'pipe', env: this.env, cwd: this.env.HOME });
    return this.#last;
  }
}
