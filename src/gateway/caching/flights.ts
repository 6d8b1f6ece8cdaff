// Flights: the requests under way that others may join, by the key of what they ask.
import type { Recording } from '../recording.ts';
import { Flight } from './flight.ts';

export class Flights {
  /** Streams and whole answers apart: who asked for a stream is not kept waiting for the end of an answer. */
  readonly #streams = new Map<string, Flight>();
  readonly #wholes = new Map<string, Flight>();

  /**
   * One that a request may join: who wants the whole may follow a stream, but not the other way. Null: there is none.
   * @param suits whether this one does
   */
  under(key: string, streams: boolean, suits: (flight: Flight) => boolean): Flight | null {
    const stream = this.#streams.get(key);
    if (stream?.isOpen && suits(stream)) return stream;
    const whole = streams ? undefined : this.#wholes.get(key);
    return whole?.isOpen && suits(whole) ? whole : null;
  }

  /** This request leads: whoever asks the same from now on may join. */
  lead(
    key: string,
    streams: boolean,
    leader: Recording,
    by: Pick<Flight, 'deadlines' | 'asker'>,
  ): Flight {
    const flight = new Flight(leader, streams, by);
    const flights = streams ? this.#streams : this.#wholes;
    flights.set(key, flight);
    leader.follow((story, error) => {
      if (flights.get(key) === flight) flights.delete(key);
      flight.end(story, error);
    });
    return flight;
  }

  get size(): number {
    return this.#streams.size + this.#wholes.size;
  }
}
