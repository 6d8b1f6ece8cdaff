// From a request to its behaviour: words in the model name, the key, the path, the query and the x-sim header.
import { type Behaviour, NO_FAULTS, PLAIN_BEHAVIOUR } from './behaviour.ts';
import type { HttpRequest } from './http/read-requests.ts';
import { findModel } from './models.ts';
import { patched } from './word.ts';
import { findWord } from './words.ts';

export interface ReadBehaviour {
  readonly behaviour: Behaviour;
  /** What was not understood; the request is refused with it. */
  readonly problem: string | null;
  /** The same for equal words: what `times=N` counts by. */
  readonly counter: string;
}

interface Said {
  readonly name: string;
  readonly value: string;
}

const MAX_REMEMBERED = 1000;

/** Keeps what it has read: the same few requests come again and again. */
export class BehaviourReader {
  readonly #read = new Map<string, ReadBehaviour>();
  readonly #failed = new Map<string, number>();

  /** @param model as the body names it; empty where there is none */
  read(model: string, request: HttpRequest): ReadBehaviour {
    const outside = outsideWords(request);
    const counter = outside === '' ? model : `${model}\n${outside}`;
    let found = this.#read.get(counter);
    if (!found) {
      found = readBehaviour(model, request, counter);
      if (this.#read.size >= MAX_REMEMBERED) this.#read.clear();
      this.#read.set(counter, found);
    }
    const times = found.behaviour.faults.times;
    return times === null || this.#failsAgain(counter, times) ? found : withoutFaults(found);
  }

  /** Starts every `times=N` anew. */
  clear(): void {
    this.#failed.clear();
  }

  #failsAgain(counter: string, times: number): boolean {
    const failed = this.#failed.get(counter) ?? 0;
    if (failed >= times) return false;
    this.#failed.set(counter, failed + 1);
    return true;
  }
}

/** Where there is no fault but slowness, that is what is off. */
function withoutFaults(found: ReadBehaviour): ReadBehaviour {
  const { behaviour } = found;
  const { times, ...faults } = behaviour.faults;
  const { times: _, ...none } = NO_FAULTS;
  const slowness = Bun.deepEquals(faults, none) ? { ttftMs: 0, slowAfter: null } : {};
  return { ...found, behaviour: { ...behaviour, ...slowness, faults: NO_FAULTS } };
}

function readBehaviour(model: string, request: HttpRequest, counter: string): ReadBehaviour {
  const [name = '', ...words] = baseName(model).split('+');
  const preset = findModel(name);
  const said = [
    ...wordsIn((preset?.words ?? '').split('+')),
    ...wordsIn(words),
    ...wordsIn(keyWords(request.headers)),
    ...wordsIn(pathWords(request.path)),
    ...queryWords(request.path),
    ...wordsIn((request.headers['x-sim'] ?? '').split(/[\s+&]+/)),
  ];
  let behaviour: Behaviour = preset?.fixed ? { ...PLAIN_BEHAVIOUR, echo: false } : PLAIN_BEHAVIOUR;
  let problem: string | null = null;
  for (const { name: word, value } of said) {
    const change = findWord(word)?.read(value) ?? 'is not a word of the simulated provider';
    if (typeof change !== 'string') behaviour = patched(behaviour, change);
    else problem ??= `sim: "${word}" ${change}. The README beside it lists the words.`;
  }
  return { behaviour, problem, counter };
}

/** The model's name without its provider prefix. */
function baseName(model: string): string {
  return model.startsWith('sim/') ? model.slice(4) : model;
}

/** All that can hold words besides the model, as one text; empty for most requests. */
function outsideWords(request: HttpRequest): string {
  const header = request.headers['x-sim'] ?? '';
  const key = keyWords(request.headers);
  const path = request.path.includes('+') || request.path.includes('?') ? request.path : '';
  return header === '' && key.length === 0 ? path : `${path}\n${header}\n${key.join('+')}`;
}

/** `sim-a+status=429`: only keys that begin like this carry words, so that a real key is never misread. */
function keyWords(headers: HttpRequest['headers']): readonly string[] {
  const key = keyOf(headers);
  return key?.startsWith('sim-') && key.includes('+') ? key.split('+').slice(1) : [];
}

/** The key a request came with. */
export function keyOf(headers: HttpRequest['headers']): string | undefined {
  const bearer = headers.authorization;
  if (bearer?.startsWith('Bearer ')) return bearer.slice(7).trim();
  return headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key'];
}

/** Path segments that begin with `+`: a base URL can carry words. */
function pathWords(path: string): readonly string[] {
  if (!path.includes('/+')) return [];
  const end = path.indexOf('?');
  const segments = (end === -1 ? path : path.slice(0, end)).split('/');
  return segments
    .filter((segment) => segment.startsWith('+'))
    .flatMap((segment) => segment.slice(1).split('+'));
}

/** Query parameters that are words; others (`?beta=true`) are the client's own business. */
function queryWords(path: string): readonly Said[] {
  const start = path.indexOf('?');
  if (start === -1) return [];
  const said: Said[] = [];
  for (const [name, value] of new URLSearchParams(path.slice(start + 1))) {
    if (findWord(name)) said.push({ name, value });
  }
  return said;
}

function wordsIn(texts: readonly string[]): readonly Said[] {
  const said: Said[] = [];
  for (const text of texts) {
    if (text === '') continue;
    const equals = text.indexOf('=');
    const name = equals === -1 ? text : text.slice(0, equals);
    said.push({ name, value: equals === -1 ? '' : decode(text.slice(equals + 1)) });
  }
  return said;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
