import { slug } from '../../src/alert/judge/names';

interface Station {
  name: string;
  /** Told the other's name, or undefined when it is alone again. */
  told: (twin: string | undefined) => void;
  twin: string | undefined;
}

/**
 * The names of the stations at work. Two of one name share topics and entities: each overwrites what the other says. Names
 * that differ only in signs that ids of other systems cannot have count as one.
 */
export class StationNames {
  readonly #stations = new Map<string, Station>();

  /** @param told called when another station takes the name, and when it is gone @returns a function that gives it back */
  join(id: string, name: string, told: Station['told']): () => void {
    this.#stations.set(id, { name, told, twin: undefined });
    this.#tell();
    return () => {
      this.#stations.delete(id);
      this.#tell();
    };
  }

  /** The names of all other stations. */
  beside(id: string): string[] {
    return [...this.#stations].filter(([other]) => other !== id).map(([, { name }]) => name);
  }

  #tell(): void {
    for (const [id, station] of this.#stations) {
      const twin = this.beside(id).find((name) => slug(name) === slug(station.name));
      if (twin === station.twin) continue;
      station.twin = twin;
      station.told(twin);
    }
  }
}
