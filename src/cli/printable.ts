// What others wrote, as a terminal may show it: a user's name or a provider's message must not move the cursor or set colours.

/** Controls, and marks that turn the direction of writing or end a line. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** Those that JSON itself leaves as they are. */
const UNSEEN_IN_JSON = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** All texts of an answer, names of members too, with such characters as `\u001b`. */
export function printable<Value>(value: Value): Value {
  return shown(value) as Value;
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(UNSEEN, escaped);
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([name, member]) => [shown(name), shown(member)]);
  return Object.fromEntries(members);
}

/** JSON that says the same, and shows what it says. */
export function printableJson(value: unknown, indent?: number): string {
  return safeJson(JSON.stringify(value, null, indent));
}

/** The same of JSON that is text already. */
export function safeJson(text: string): string {
  return text.replace(UNSEEN_IN_JSON, escaped);
}

/** Cells, whose lines end as CSV has it: a line break within a text is shown as any other control. */
export function printableCsv(text: string): string {
  return text.split('\r\n').map(printable).join('\r\n');
}

/** A message, whose line breaks are its own. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
