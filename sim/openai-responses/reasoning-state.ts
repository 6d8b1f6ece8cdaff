// The encrypted state of simulated reasoning: made here, checked here, and worthless anywhere else, like the real one.

const MARK = 'simulated-state-';

/** The state of this reasoning; its looks are the vendor's. */
export function stateOf(text: string): string {
  const hash = digest(text);
  return `gAAAA${Buffer.from(`${MARK}${hash}${digest(hash)}`).toString('base64url')}==`;
}

/** True for a state that was made here. */
export function isState(state: string): boolean {
  if (!state.startsWith('gAAAA')) return false;
  const text = Buffer.from(state.slice(5), 'base64url').toString();
  const hash = text.slice(MARK.length, MARK.length + 16);
  return text === `${MARK}${hash}${digest(hash)}`;
}

function digest(text: string): string {
  return BigInt(Bun.hash(text)).toString(16).padStart(16, '0');
}
