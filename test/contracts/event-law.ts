// The law of ChatEvent, checked from outside: what every decoder must keep whatever it reads.
import type { BlockStart, ChatEvent } from '../../src/core/event.ts';

/** Which delta kinds a block may gain. */
const FITTING: { readonly [K in BlockStart['kind']]: readonly string[] } = {
  text: ['text', 'citation'],
  refusal: ['refusal'],
  reasoning: ['reasoning', 'signature'],
  'redacted-reasoning': [],
  'tool-use': ['arguments'],
  opaque: [],
};

/** Every way in which the events break the law; empty where they keep it. */
export function lawBreaks(events: readonly ChatEvent[]): string[] {
  const breaks: string[] = [];
  let open: { index: number; kind: BlockStart['kind'] } | null = null;
  let next = 0;
  let over = false;
  events.forEach((event, at) => {
    const say = (what: string) => breaks.push(`event ${at} (${event.type}): ${what}`);
    if (over) say('comes after the end');
    if ((at === 0) !== (event.type === 'start'))
      say(at === 0 ? 'is not the start' : 'is a second start');
    switch (event.type) {
      case 'start':
      case 'usage':
        break;
      case 'block-start':
        if (open) say(`opens before block ${open.index} is closed`);
        if (event.index !== next) say(`has index ${event.index}, not ${next}`);
        open = { index: event.index, kind: event.block.kind };
        next = event.index + 1;
        break;
      case 'block-delta':
        if (open?.index !== event.index) say(`adds to block ${event.index}, which is not open`);
        else if (!FITTING[open.kind].includes(event.delta.kind))
          say(`${event.delta.kind} does not fit ${open.kind}`);
        break;
      case 'block-end':
        if (open?.index !== event.index) say(`closes block ${event.index}, which is not open`);
        open = null;
        break;
      case 'finish':
      case 'error':
        if (open) say('ends with a block open');
        over = true;
        break;
    }
  });
  if (!over) breaks.push('no finish and no error');
  return breaks;
}
