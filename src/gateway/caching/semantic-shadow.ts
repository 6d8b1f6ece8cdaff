// answerSimilarity: how alike two answers are, the one that was made and the one that would have been given.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import { storyOf } from './read-answer.ts';

/** Of a long answer the beginning is compared: there they say what they are about. */
const MAX_CHARS = 2000;

/** Cosine, 1 for the same words. Null: it cannot be told. */
export async function answerSimilarity(
  a: CachedAnswer,
  b: CachedAnswer,
  vectorsOf: (texts: readonly string[]) => Promise<readonly Float32Array[] | null>,
): Promise<number | null> {
  const texts = [said(a), said(b)];
  if (texts.some((text) => text === '')) return null;
  if (texts[0] === texts[1]) return 1;
  const vectors = await vectorsOf(texts);
  const [one, other] = vectors ?? [];
  if (one === undefined || other === undefined || one.length !== other.length) return null;
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

function said(kept: CachedAnswer): string {
  let text = '';
  for (const event of storyOf(kept) ?? [])
    if (event.type === 'block-delta' && event.delta.kind === 'text') text += event.delta.text;
  return text.trim().slice(0, MAX_CHARS);
}
