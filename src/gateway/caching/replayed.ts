// replayed: a stream that is all here, as the caller gets it: in one text.
import type { ReplyContext } from '../../core/dialect.ts';
import type { StreamAnswer } from '../attempt.ts';
import type { Inbound } from '../inbound.ts';
import { Outlet } from '../outlet.ts';
import type { Recording } from '../recording.ts';

export function replayed(
  { held, verbatim }: StreamAnswer,
  { dialect }: Pick<Inbound, 'dialect'>,
  recording: Recording,
  context: ReplyContext,
): string {
  const outlet = new Outlet(verbatim, dialect, context, () => recording.metadata());
  let text = '';
  for (const { frame, events } of held) {
    for (const event of events) {
      recording.observe(event);
      if (!outlet.relays) text += outlet.event(event);
    }
    if (frame !== null) text += outlet.frame(frame);
  }
  return text + outlet.end();
}
