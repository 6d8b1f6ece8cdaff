// RecentActivity: what each of many subjects has asked and spent in the last five minutes. Bounded: where there are more
// subjects than places, one of little weight goes for a new one, so those that do much stay.

export const WINDOW_MS = 300_000;
const BUCKET_MS = 30_000;
const BUCKETS = WINDOW_MS / BUCKET_MS;
const DEFAULT_PLACES = 1024;
/** So many are looked at to find the one that goes. */
const LOOKED_AT = 8;
/** What a request weighs beside money: a tenth of a cent. */
const REQUEST_NANO = 1e6;

export interface Activity {
  readonly name: string;
  /** What it is part of, as it was said last; null: nothing is known. */
  readonly within: string | null;
  readonly requests: number;
  readonly costNano: number;
}

export class RecentActivity {
  readonly #places: number;
  readonly #placeOf = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #within: (string | null)[] = [];
  readonly #requests: Float64Array;
  readonly #cost: Float64Array;
  /** Of each place, the bucket it was last counted in. */
  readonly #last: Float64Array;
  #hand = 0;

  constructor(places = DEFAULT_PLACES) {
    this.#places = places;
    this.#requests = new Float64Array(places * BUCKETS);
    this.#cost = new Float64Array(places * BUCKETS);
    this.#last = new Float64Array(places).fill(-BUCKETS);
  }

  get size(): number {
    return this.#placeOf.size;
  }

  add(name: string, costNano: number, now: number, within: string | null = null): void {
    const bucket = Math.floor(now / BUCKET_MS);
    const place = this.#placeOf.get(name) ?? this.#admit(name, bucket);
    if (this.#last[place] !== bucket) this.#advance(place, bucket);
    this.#within[place] = within;
    const at = place * BUCKETS + (bucket % BUCKETS);
    this.#requests[at] = (this.#requests[at] ?? 0) + 1;
    this.#cost[at] = (this.#cost[at] ?? 0) + costNano;
  }

  /** Those who did anything in the window. */
  *all(now: number): Generator<Activity> {
    const bucket = Math.floor(now / BUCKET_MS);
    for (const [name, place] of this.#placeOf) {
      if ((this.#last[place] ?? 0) <= bucket - BUCKETS) continue;
      this.#advance(place, bucket);
      const { requests, costNano } = this.#sum(place);
      if (requests > 0) yield { name, within: this.#within[place] ?? null, requests, costNano };
    }
  }

  /** Empties the buckets between the last one counted in and this one. */
  #advance(place: number, bucket: number): void {
    const last = this.#last[place] ?? 0;
    // A clock that was set back counts on in the bucket it has come to.
    const passed = bucket < last ? BUCKETS : Math.min(bucket - last, BUCKETS);
    for (let step = 0; step < passed; step++) {
      const at = place * BUCKETS + ((bucket - step) % BUCKETS);
      this.#requests[at] = 0;
      this.#cost[at] = 0;
    }
    this.#last[place] = bucket;
  }

  #admit(name: string, bucket: number): number {
    const place = this.#names.length < this.#places ? this.#names.length : this.#vacate(bucket);
    this.#names[place] = name;
    this.#placeOf.set(name, place);
    this.#last[place] = bucket - BUCKETS;
    return place;
  }

  #vacate(bucket: number): number {
    let lightest = this.#hand;
    let least = Number.POSITIVE_INFINITY;
    for (let step = 0; step < LOOKED_AT; step++) {
      const place = (this.#hand + step) % this.#places;
      const isOver = (this.#last[place] ?? 0) <= bucket - BUCKETS;
      const { requests, costNano } = this.#sum(place);
      const weight = isOver ? -1 : costNano + requests * REQUEST_NANO;
      if (weight >= least) continue;
      least = weight;
      lightest = place;
    }
    this.#hand = (this.#hand + LOOKED_AT) % this.#places;
    this.#placeOf.delete(this.#names[lightest] ?? '');
    return lightest;
  }

  #sum(place: number): { readonly requests: number; readonly costNano: number } {
    let requests = 0;
    let costNano = 0;
    for (let at = place * BUCKETS; at < (place + 1) * BUCKETS; at++) {
      requests += this.#requests[at] ?? 0;
      costNano += this.#cost[at] ?? 0;
    }
    return { requests, costNano };
  }
}
