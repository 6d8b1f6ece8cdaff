// Tool-call deltas → the `tool_calls` of a message. Calls are told apart as the decoder does: by index, else by id, else by
// where a name appears.
import { asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { GatheredMembers } from '../gathered-members.ts';
import { refuseDeep } from '../whole-reply.ts';
import { argumentsText } from './tool-calls.ts';

/** What of an entry is not simply the latest that came; its index tells pieces apart and stands in no whole reply. */
const PIECEWISE: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom']);

export class GatheredCalls {
  readonly #calls: GatheredCall[] = [];
  readonly #byIndex = new Map<number, GatheredCall>();
  readonly #byId = new Map<string, GatheredCall>();

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  push(entry: JsonObject): void {
    const index = asNumber(entry.index);
    const id = asString(entry.id) ?? '';
    const call = this.#find(index, id, nameIn(entry)) ?? this.#add(index);
    call.take(entry);
    if (call.id !== '') this.#byId.set(call.id, call);
  }

  entries(): Json[] {
    return this.#calls.map((call) => call.entry());
  }

  #find(index: number | undefined, id: string, name: string): GatheredCall | undefined {
    if (index !== undefined) {
      const known = this.#byIndex.get(index);
      // Another id and a name under the same index is another call: some servers number them all 0.
      const another =
        known !== undefined && id !== '' && known.id !== '' && id !== known.id && name !== '';
      return another ? undefined : known;
    }
    if (id !== '') return this.#byId.get(id);
    const last = this.#calls.at(-1);
    return name !== '' && last?.name !== '' ? undefined : last;
  }

  #add(index: number | undefined): GatheredCall {
    const call = new GatheredCall();
    this.#calls.push(call);
    if (index !== undefined) this.#byIndex.set(index, call);
    return call;
  }
}

class GatheredCall {
  readonly #more = new GatheredMembers(0);
  readonly #function = new GatheredMembers(0);
  #custom = false;
  #type = '';
  #text = '';
  id = '';
  name = '';

  take(entry: JsonObject): void {
    this.#custom ||= isCustom(entry);
    this.id ||= asString(entry.id) ?? '';
    this.#type ||= asString(entry.type) ?? '';
    this.name ||= nameIn(entry);
    const { name: _, ...payload } = payloadOf(entry);
    this.#text += spelledArguments(isCustom(entry) ? payload.input : payload.arguments);
    for (const member of Object.keys(payload))
      if (member !== 'arguments' && member !== 'input') this.#function.put(member, payload[member]);
    for (const member of Object.keys(entry))
      if (!PIECEWISE.has(member)) this.#more.put(member, entry[member]);
  }

  entry(): Json {
    const kind = this.#custom ? 'custom' : 'function';
    return {
      ...(this.id === '' ? {} : { id: this.id }),
      type: this.#type || kind,
      [kind]: {
        name: this.name,
        [this.#custom ? 'input' : 'arguments']: this.#text,
        ...this.#function.object(),
      },
      ...this.#more.object(),
    };
  }
}

/** As text, whatever they came as. Throws `upstream_invalid_response` for what must not be printed. */
export function spelledArguments(value: Json | undefined): string {
  refuseDeep(value);
  return argumentsText(value);
}

function isCustom(entry: JsonObject): boolean {
  const custom = asObject(entry.custom);
  return (
    custom !== undefined && (entry.type === 'custom' || asObject(entry.function) === undefined)
  );
}

function payloadOf(entry: JsonObject): JsonObject {
  return asObject(isCustom(entry) ? entry.custom : entry.function) ?? {};
}

function nameIn(entry: JsonObject): string {
  return asString(payloadOf(entry).name) ?? '';
}
