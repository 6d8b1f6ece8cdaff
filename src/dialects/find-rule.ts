// How a model finds its row in a table of what families of models take.

/** The longest match; null where no row lists the model. */
export function findRule<Rule extends { readonly match: string }>(
  model: string,
  rules: readonly Rule[],
): Rule | null {
  if (rules.length === 0) return null;
  const name = model.toLowerCase().replaceAll('.', '-');
  let found: Rule | null = null;
  for (const rule of rules) {
    if (found && rule.match.length <= found.match.length) continue;
    if (holds(name, rule.match)) found = rule;
  }
  return found;
}

function holds(name: string, match: string): boolean {
  for (let at = name.indexOf(match); at !== -1; at = name.indexOf(match, at + 1)) {
    const next = name.charCodeAt(at + match.length);
    if (!(next >= 0x30 && next <= 0x39)) return true;
  }
  return false;
}
