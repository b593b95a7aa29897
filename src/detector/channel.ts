import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { FrameReader, encodeHead } from './framing';

/** The descriptor of the channel in the child: an extra stdio pipe, which libuv makes a socket pair, so both ways. */
export const CHANNEL_FD = 3;

/** Messages of type `In` with their payload come in, messages of type `Out` go out, over one stream. */
export class Channel<Out, In> {
  readonly #stream: Duplex;
  #onMessage: (message: In, payload: Buffer) => void = () => {};

  private constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** The parent's end. Answers are small, so the chunks that the stream makes are good enough. */
  static over<Out, In>(stream: Duplex): Channel<Out, In> {
    const channel = new Channel<Out, In>(stream);
    const reader = new FrameReader((header, payload) => channel.#onMessage(header as In, payload));
    stream.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    return channel;
  }

  /** The child's end: frames are read from the kernel straight into the memory that the decoder gets. */
  static ofDescriptor<Out, In>(fd: number): Channel<Out, In> {
    // the socket asks for memory while it is being made, before there is a channel
    const reader = new FrameReader((header, payload) => channel.#onMessage(header as In, payload));
    // documented for the constructor, but the type definitions have it for connections only
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd,
      readable: true,
      writable: true,
      onread: {
        buffer: () => reader.space(),
        callback: (bytes, space) => {
          reader.advance(bytes, space);
          return true;
        },
      },
    };
    const channel: Channel<Out, In> = new Channel(new Socket(options));
    return channel;
  }

  /** @param listener gets each message; the payload (empty when there was none) is the listener's to keep */
  onMessage(listener: (message: In, payload: Buffer) => void): this {
    this.#onMessage = listener;
    return this;
  }

  /** Called once when the other side is gone, whatever the way it went. */
  onClose(listener: (error: Error | undefined) => void): this {
    let failure: Error | undefined;
    this.#stream.on('error', (error: Error) => (failure = error));
    this.#stream.on('close', () => listener(failure));
    return this;
  }

  /** Hands a message to the kernel; the payload is not copied and must not be changed until it was answered. */
  send(message: Out, payload?: Uint8Array): void {
    if (this.#stream.destroyed || !this.#stream.writable) return;
    const head = encodeHead(message, payload?.byteLength ?? 0);
    this.#stream.cork();
    this.#stream.write(head);
    if (payload !== undefined && payload.byteLength > 0) this.#stream.write(payload);
    this.#stream.uncork();
  }

  close(): void {
    this.#stream.destroy();
  }
}
