import { spawn, type ChildProcess } from 'node:child_process';
import { Connection } from '../../src/deploy/connection';

/** The very commands that ssh would have the target's login shell run, run here with another home folder. */
export class LocalConnection extends Connection {
  readonly name = 'scratch';

  constructor(private readonly env: NodeJS.ProcessEnv) {
    super();
  }

  protected start(command: string): ChildProcess {
    return spawn('sh', ['-c', command], { stdio: 'pipe', env: this.env, cwd: this.env.HOME });
  }
}
