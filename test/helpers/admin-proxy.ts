import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a Node-RED's admin API; a test can have it refuse, or do something when a request comes. */
export class AdminProxy {
  readonly #server: Server;
  /** Called for a request; true: it is not passed on. */
  onRequest: (request: IncomingMessage, response: ServerResponse) => boolean | void = () => undefined;
  /** Called when the answer of the real one has come, before it is passed on; true: it is kept back. */
  onAnswer: (request: IncomingMessage) => boolean | void = () => undefined;

  private constructor(private readonly port: number) {
    this.#server = createServer((incoming, response) => {
      if (this.onRequest(incoming, response) === true) return;
      const { method, url, headers } = incoming;
      const outgoing = request({ host: '127.0.0.1', port: this.port, method, path: url, headers }, (answer) => {
        if (this.onAnswer(incoming) === true) return void answer.resume();
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      incoming.pipe(outgoing);
    });
  }

  static async start(port: number): Promise<AdminProxy> {
    const proxy = new AdminProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  pass(): void {
    this.onRequest = this.onAnswer = () => undefined;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
