// leading: how many at the beginning of a list are of a kind: the instructions before a conversation's first turn.

export function leading<T>(list: readonly T[], is: (one: T) => boolean): number {
  const end = list.findIndex((one) => !is(one));
  return end === -1 ? list.length : end;
}
