// Ids for tool calls that came without one, so that their results can be told apart in the conversation that follows.

/** Ids are limited to forty characters by one maker of tools' wires, which these calls may come back through. */
const MAX_SEED_CHARS = 24;

/** The same each time the reply is read. @param seed the reply's id; @param at which of its calls it is, from 0 */
export function madeId(seed: string, at: number): string {
  return `call_${seed.replace(/[^A-Za-z0-9_-]/g, '').slice(0, MAX_SEED_CHARS)}_${at}`;
}
