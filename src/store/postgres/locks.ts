// PostgreSQL's advisory locks by name: those who take the same one go one after the other, until their transaction ends.

/** @param name a word of ours: it becomes part of a statement */
export function lockNamed(name: string): string {
  return `SELECT pg_advisory_xact_lock(hashtext('switchyard.${name}'))`;
}
