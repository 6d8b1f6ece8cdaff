// Tools in namespaces, and tools that come among the input: on no other wire is there either, so there they are plain tools whose
// name says the space. Recorded from coding agents; a call of such a tool names its space beside its name.
import { asObjects, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { isCallersTool } from './hosted-tools.ts';

/** The space that means none. */
const PLAIN_SPACE = 'functions';

interface Spaced {
  readonly space: string;
  readonly name: string;
  /** What the tool is called elsewhere. */
  readonly flat: string;
  readonly tool: JsonObject;
}

/** The body with every tool at its top level under one name; itself where it has neither spaces nor added tools. */
export function withoutSpaces(body: JsonObject): JsonObject {
  const added = asObjects(body.input).filter(isAddition);
  const spaces = spacesOf(body);
  if (added.length === 0 && spaces.length === 0) return body;
  const flats = new Map(spaces.map((one) => [keyOf(one.space, one.name), one.flat]));
  const input = Array.isArray(body.input)
    ? // In the place of what is gone stands something that says nothing: the other items keep theirs.
      body.input.map((item) =>
        isObject(item) ? renamed(isAddition(item) ? NOTHING : item, flats) : item,
      )
    : body.input;
  const tools = [...asObjects(body.tools), ...added.flatMap(({ tools }) => asObjects(tools))];
  const choice = isObject(body.tool_choice)
    ? { tool_choice: renamed(body.tool_choice, flats) }
    : {};
  const flat = tools.flatMap((tool) => unfolded(tool, flats));
  return { ...body, input, tools: distinct(flat), ...choice };
}

/** What a tool of that name is called on this wire: its own name, and the space it is in. */
export function spacedNames(
  request: JsonObject,
): ReadonlyMap<string, { readonly name: string; readonly namespace: string }> {
  return new Map(
    spacesOf(request).map(({ flat, name, space }) => [flat, { name, namespace: space }]),
  );
}

/** Recorded: a tool that is offered at the top and added again among the input. */
function distinct(tools: readonly JsonObject[]): readonly JsonObject[] {
  const seen = new Set<string>();
  return tools.filter((tool) => {
    if (!isCallersTool(tool)) return true;
    const key = keyOf(asString(tool.type) ?? '', asString(tool.name) ?? '');
    const isFirst = !seen.has(key);
    seen.add(key);
    return isFirst;
  });
}

const NOTHING: JsonObject = { type: 'message', role: 'developer', content: [] };

function isAddition({ type }: JsonObject): boolean {
  return type === 'additional_tools';
}

function spacesOf(body: JsonObject): Spaced[] {
  const listed = [
    ...asObjects(body.tools),
    ...asObjects(body.input)
      .filter(isAddition)
      .flatMap(({ tools }) => asObjects(tools)),
  ];
  const taken = new Set(
    listed.flatMap((tool) => (isCallersTool(tool) ? [asString(tool.name)] : [])),
  );
  return listed.flatMap((space) => {
    if (space.type !== 'namespace') return [];
    return asObjects(space.tools).flatMap((tool) => {
      const name = asString(tool.name);
      const of = asString(space.name) ?? '';
      if (name === undefined || !isCallersTool(tool)) return [];
      const flat = of === PLAIN_SPACE && !taken.has(name) ? name : `${of}__${name}`;
      taken.add(flat);
      return [{ space: of, name, flat, tool }];
    });
  });
}

/** The tools of a space under their other names; what of it cannot be offered elsewhere stays a space of its own. */
function unfolded(tool: JsonObject, flats: ReadonlyMap<string, string>): JsonObject[] {
  if (tool.type !== 'namespace') return [tool];
  const space = asString(tool.name) ?? '';
  const inside = asObjects(tool.tools);
  const carried = inside.flatMap((one) => {
    const name = flats.get(keyOf(space, asString(one.name) ?? ''));
    return name === undefined ? [] : [{ ...one, name }];
  });
  const rest = inside.filter((one) => !flats.has(keyOf(space, asString(one.name) ?? '')));
  return carried.length > 0 && rest.length === 0 ? carried : [...carried, { ...tool, tools: rest }];
}

function renamed(item: JsonObject, flats: ReadonlyMap<string, string>): JsonObject {
  const space = asString(item.namespace) ?? PLAIN_SPACE;
  const flat = flats.get(keyOf(space, asString(item.name) ?? ''));
  if (flat === undefined) return item;
  const { namespace: _, ...rest } = item;
  return { ...rest, name: flat };
}

function keyOf(space: string, name: string): string {
  return `${space}\n${name}`;
}
