import { connectAsync, type MqttClient } from 'mqtt';

export interface Received {
  topic: string;
  text: string;
  json: unknown;
}

/** An MQTT subscriber that keeps what it receives. */
export class Subscriber {
  readonly received: Received[] = [];

  private constructor(private readonly client: MqttClient) {
    client.on('message', (topic, payload) => {
      const text = payload.toString();
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        json = undefined;
      }
      this.received.push({ topic, text, json });
    });
  }

  static async connect(port: number, topic = 'inspection/#'): Promise<Subscriber> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
    const subscriber = new Subscriber(client);
    await client.subscribeAsync(topic, { qos: 1 });
    return subscriber;
  }

  of<T>(topic: string): T[] {
    return this.received.filter((message) => message.topic === topic).map(({ json }) => json as T);
  }

  async publish(topic: string, text: string): Promise<void> {
    await this.client.publishAsync(topic, text, { qos: 1 });
  }

  stop(): Promise<void> {
    return this.client.endAsync(true);
  }
}
