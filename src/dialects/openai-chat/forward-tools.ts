// The tools of a caller's own text: some left out, some without their prompt-cache marks, the others byte for byte.
import { asArray, isObject, type Json } from '../../lib/json.ts';
import { arrayElements, spliceArray } from '../../lib/json-splice.ts';
import { isMarked, withoutMarks } from './cache-marks.ts';

/**
 * @param tools what the text says.
 * @param kept those of them that go out.
 * @param cutMarks whether the target refuses marks.
 */
export function forwardTools(
  text: string,
  tools: readonly Json[],
  kept: ReadonlySet<Json>,
  cutMarks: boolean,
): string {
  const elements = arrayElements(text);
  const pieces = new Map<number, string>();
  const replaced = new Map<number, string>();
  tools.forEach((tool, at) => {
    const element = elements[at];
    if (element === undefined || !kept.has(tool)) return;
    const before = text.slice(element.start, element.end);
    const marked = cutMarks && isObject(tool) && isMarked(tool, 'function');
    const piece = marked ? withoutMarks(before, tool, 'function') : before;
    if (marked) replaced.set(at, piece);
    pieces.set(at, piece);
  });
  return pieces.size === tools.length
    ? spliceArray(text, replaced)
    : `[${[...pieces.values()].join(',')}]`;
}

/** Whether any of them has to be written otherwise than it was. */
export function needsToolEdits(tools: Json | undefined, cutMarks: boolean): boolean {
  return cutMarks && asArray(tools).some((tool) => isObject(tool) && isMarked(tool, 'function'));
}
