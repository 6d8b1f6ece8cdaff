// Other clothes for the same frames: line ends, comments, missing spaces.
import type { Bytes } from './behaviour.ts';

/** What to do with every text of frames; nothing for plain ones. */
export function dressFrames({ newline, comments, tight }: Bytes): (text: string) => string {
  if (newline === '\n' && !comments && !tight) return (text) => text;
  return (text) => {
    let dressed = text;
    if (comments)
      dressed = dressed.replaceAll(/\n\n(?=.)|^/gs, (found) => `${found}: keep-alive\n\n`);
    if (tight) dressed = dressed.replaceAll('data: ', 'data:').replaceAll('event: ', 'event:');
    return newline === '\n' ? dressed : dressed.replaceAll('\n', newline);
  };
}
