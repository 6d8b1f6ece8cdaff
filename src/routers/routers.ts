// All routers of a gateway, the configuration's and the API's, under one set of names: listed, made, changed, rolled back.
import type { ConfiguredRouter } from '../config/configured-routers.ts';
import { freeName, NAME_PREFIX, slugOf } from '../config/router-ids.ts';
import { problemText, type RouterProblem } from '../config/router-problem.ts';
import { type RouterReading, readRouter } from '../config/router-schema.ts';
import type { Actor } from '../core/actor.ts';
import type { Router } from '../core/router.ts';
import type { JsonObject } from '../lib/json.ts';
import { applyPatch } from './apply-patch.ts';
import {
  alreadyThere,
  checkEtags,
  noSuchRouter,
  noSuchVersion,
  readOnly,
  refusal,
} from './refusals.ts';
import type { Change, RouterStore, RouterVersion, StoredRouter } from './router-store.ts';
import { type ShownRouter, shownConfigured, shownStored } from './shown-router.ts';

type Problem = Pick<RouterProblem, 'path' | 'message'>;

export interface RoutersOptions {
  readonly store: RouterStore;
  /** Those of the configuration as it is now. */
  readonly configured: () => readonly ConfiguredRouter[];
  /** What the resource's own rules cannot see, above all whether the conditions compile. */
  readonly check: (router: Router) => readonly Problem[];
  /** Hexadecimal digits for the name of a router that has neither name nor displayName. */
  readonly randomHex?: (digits: number) => string;
}

export interface Asking {
  readonly by: Actor;
  /** As in If-Match, in the body or in the query; each that is there has to hold. */
  readonly etags?: readonly (string | null | undefined)[];
}

/** What a stored router is to the snapshot. */
type Read =
  | { readonly router: Router; readonly problem: null }
  | { readonly router: null; readonly problem: Problem };

/** Every method that fails throws a GatewayError; those that write reject with one. */
export class Routers {
  readonly #options: RoutersOptions;
  readonly #read = new WeakMap<StoredRouter, Read>();

  constructor(options: RoutersOptions) {
    this.#options = options;
  }

  /** By name. A router of the API that one of the configuration stands before is there too, marked. */
  list(): readonly ShownRouter[] {
    const configured = this.#options.configured();
    const names = new Set(configured.map(({ id }) => id));
    const all = [
      ...configured.map(shownConfigured),
      ...this.#options.store.list().map((router) => shownStored(router, names.has(router.id))),
    ];
    // The configuration's first where there are two of a name.
    return all.sort((a, b) => compare(a.id, b.id) || compare(b.origin, a.origin));
  }

  /** By its name as for a change, or by its displayName. */
  get(name: string): ShownRouter {
    const id = this.idOf(name);
    const configured = this.#options.configured().find((router) => router.id === id);
    if (configured) return shownConfigured(configured);
    const stored = this.#options.store.get(id);
    if (stored === null) throw noSuchRouter(name);
    return shownStored(stored, false);
  }

  async create(body: JsonObject, { by }: Asking): Promise<ShownRouter> {
    const names = this.#configuredNames();
    const stored = await this.#options.store.edit((writes) => {
      const isTaken = (id: string) => names.has(id) || writes.get(id) !== null;
      const newId = (slug: string | null) =>
        freeName(slug ?? `router-${(this.#options.randomHex ?? randomHex)(6)}`, isTaken);
      const { router, resource } = this.#checked(readRouter(body, { newId }));
      if (isTaken(router.id)) throw alreadyThere(router.id);
      return writes.put(router.id, resource, { what: 'create', by });
    });
    return shownStored(stored, false);
  }

  /** @param mask see `applyPatch` */
  patch(name: string, body: JsonObject, mask: string | null, asking: Asking): Promise<ShownRouter> {
    return this.change(name, 'patch', asking, (resource) => applyPatch(resource, body, mask));
  }

  async rollback(name: string, version: number, asking: Asking): Promise<ShownRouter> {
    const id = bareName(name);
    const then = this.#options.store.version(id, version)?.router?.resource;
    return this.change(name, 'rollback', asking, () => {
      if (then === undefined) throw noSuchVersion(id, String(version));
      return then;
    });
  }

  /**
   * The next version of a router, which is named exactly (`routers/` before it or not), made from the resource as it is at that moment and checked as a new one is.
   * @param edit pure; what it throws leaves everything as it was
   */
  async change(
    name: string,
    what: Change['what'],
    { by, etags = [] }: Asking,
    edit: (resource: JsonObject) => JsonObject,
  ): Promise<ShownRouter> {
    const id = this.#writable(name);
    const stored = await this.#options.store.edit((writes) => {
      const current = writes.get(id);
      if (current === null) throw noSuchRouter(id);
      checkEtags(id, current.version, etags);
      const { resource } = this.#checked(readRouter(edit(current.resource), { id }));
      return writes.put(id, resource, { what, by });
    });
    return shownStored(stored, false);
  }

  async remove(name: string, { by, etags = [] }: Asking): Promise<void> {
    const id = this.#writable(name);
    await this.#options.store.edit((writes) => {
      const current = writes.get(id);
      if (current === null) throw noSuchRouter(id);
      checkEtags(id, current.version, etags);
      writes.remove(id, by);
    });
  }

  /** Newest first, also of a router that is no more; none for a router of the configuration. */
  versions(name: string): readonly RouterVersion[] {
    const id = this.idOf(name);
    if (this.#configuredNames().has(id)) return [];
    const versions = this.#options.store.versions(id);
    if (versions.length === 0) throw noSuchRouter(name);
    return versions;
  }

  /** Also of a router that is no more. */
  version(name: string, version: number): ShownRouter {
    const id = this.idOf(name);
    const found = this.versionMade(id, version);
    if (found !== null) return found.shown;
    // There is the router, or there was: else that is what is to be told.
    this.versions(name);
    throw noSuchVersion(id, String(version));
  }

  /** A version that was made, also of a router that is no more; null: there is none. */
  versionMade(
    id: string,
    version: number,
  ): { readonly made: RouterVersion; readonly shown: ShownRouter } | null {
    const made = this.#options.store.version(id, version);
    return made?.router ? { made, shown: shownStored(made.router, false) } : null;
  }

  /** Those of the API that can serve, for the snapshot, and what to tell the operator of the others: as last read, whatever the database does. */
  usable(): { readonly routers: readonly Router[]; readonly notices: readonly string[] } {
    const names = this.#configuredNames();
    const routers: Router[] = [];
    const notices: string[] = [];
    for (const stored of this.#options.store.current()) {
      const { id } = stored;
      if (names.has(id)) {
        notices.push(
          `There are two routers "${id}": the one in the configuration file serves, the one of the API does not.`,
        );
        continue;
      }
      const { router, problem } = this.#readOnce(stored);
      if (problem === null) routers.push(router);
      else
        notices.push(
          `The router "${id}" is left out: ${problemText(problem)}. PATCH /router/v1/routers/${id} mends it.`,
        );
    }
    return { routers, notices };
  }

  /** The id that a name means to who only looks; of none where there is none. What changes a router wants its exact name. */
  idOf(name: string): string {
    const id = bareName(name);
    if (this.#isThere(id)) return id;
    const slug = slugOf(id);
    return slug !== null && this.#isThere(slug) ? slug : id;
  }

  #isThere(id: string): boolean {
    return this.#configuredNames().has(id) || this.#options.store.get(id) !== null;
  }

  #configuredNames(): ReadonlySet<string> {
    return new Set(this.#options.configured().map(({ id }) => id));
  }

  #writable(name: string): string {
    const id = bareName(name);
    if (this.#configuredNames().has(id)) throw readOnly(id);
    const found = this.idOf(name);
    if (found !== id) throw noSuchRouter(id, found);
    return id;
  }

  /** Of a hundred routers one is changed: the others need not be read and checked again. */
  #readOnce(stored: StoredRouter): Read {
    const known = this.#read.get(stored);
    if (known !== undefined) return known;
    const reading = readRouter(stored.resource, { id: stored.id });
    const [problem = null] = reading.ok ? this.#options.check(reading.router) : reading.problems;
    const read: Read =
      reading.ok && problem === null
        ? { router: reading.router, problem: null }
        : { router: null, problem: problem ?? { path: [], message: 'it is not valid' } };
    this.#read.set(stored, read);
    return read;
  }

  #checked(reading: RouterReading): RouterReading & { readonly ok: true } {
    if (!reading.ok) throw refusal(reading.problems);
    const problems = this.#options.check(reading.router);
    if (problems.length > 0) throw refusal(problems);
    return reading;
  }
}

function bareName(name: string): string {
  return name.startsWith(NAME_PREFIX) ? name.slice(NAME_PREFIX.length) : name;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function randomHex(digits: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(digits)))
    .toString('hex')
    .slice(0, digits);
}
