// Words that hold a sentence together: what is asked hangs on few of them, and those are looked at one by one.

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Say nothing by themselves; what they tie together is looked at (content.ts, order.ts). */
export const EMPTY = words(`
a an the this that these those it its i me my mine myself we us our ours you your yours yourself someone somebody
anyone anybody people he him his she her hers they them their theirs who whom which what whose how
is are am was were be been being do does did have has had having will would shall should can could may might must
of in on at for to by with about from into onto towards toward as and or but if when whenever so then than
actually basically simply please kindly whether where why regarding concerning myself
`);
export const FIRST = words('i me my mine myself we us our ours');
export const SECOND = words('you your yours yourself');
export const THIRD: ReadonlyMap<string, string> = new Map([
  ...['he', 'him', 'his'].map((word) => [word, 'he'] as const),
  ...['she', 'her', 'hers'].map((word) => [word, 'she'] as const),
  ...['they', 'them', 'their', 'theirs'].map((word) => [word, 'they'] as const),
]);
/** Of them that a text in English hardly does without. */
export const ENGLISH = words(`
the a an is are am was were do does did i my you your it of in on for to and what how why when where who which can could should would
with from this that not me we or if have has please at by be will about
`);
