// Names and ids that this wire's pattern refuses, written so that the same text always gives the same name and a reply's
// name can be read back without remembering the request.
//
// Tool names must match ^[a-zA-Z0-9_-]{1,128}$ and tool-use ids ^[a-zA-Z0-9_-]+$
// (platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools).

const PREFIX = 'sy__';
const LAWFUL = /^[a-zA-Z0-9_-]+$/;
const ESCAPE = /-([0-9a-f]{2})/g;

/** `search` stays; `files.read` becomes `sy__files-2eread`: the prefix, then each refused byte (and `-`) as `-` and two hex digits. */
export function toWireName(name: string): string {
  if (LAWFUL.test(name) && !name.startsWith(PREFIX)) return name;
  let out = PREFIX;
  for (const byte of new TextEncoder().encode(name)) {
    const char = String.fromCharCode(byte);
    out += char !== '-' && LAWFUL.test(char) ? char : `-${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}

/** The name that was written by `toWireName`; any other is returned as it is. */
export function fromWireName(name: string): string {
  if (!name.startsWith(PREFIX)) return name;
  const escaped = name.slice(PREFIX.length).replace(ESCAPE, '%$1');
  try {
    return decodeURIComponent(escaped);
  } catch {
    return name;
  }
}
