// {{name}} in a router's message templates: what is wrong with one, found when the router is saved.

const OPEN = '{{';
const CLOSE = '}}';
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** The first mistake with its place (line and column, from 1); null where there is none. */
export function templateProblem(text: string): string | null {
  for (let at = text.indexOf(OPEN); at !== -1; ) {
    const end = text.indexOf(CLOSE, at + OPEN.length);
    const next = text.indexOf(OPEN, at + OPEN.length);
    if (end === -1 || (next !== -1 && next < end)) {
      return `has a "{{" that is not closed at ${placeOf(text, at)}`;
    }
    const name = text.slice(at + OPEN.length, end).trim();
    if (!NAME.test(name)) {
      const what = name === '' ? 'no name between "{{" and "}}"' : `"${shown(name)}" as a name`;
      return `has ${what} at ${placeOf(text, at)}: a name is letters, digits, ".", "_" and "-"`;
    }
    at = text.indexOf(OPEN, end + CLOSE.length);
  }
  return null;
}

function placeOf(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `line ${line}, column ${at - before.lastIndexOf('\n')}`;
}

function shown(name: string): string {
  return name.length <= 40 ? name : `${name.slice(0, 40)}…`;
}
