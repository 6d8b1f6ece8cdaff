// semanticReport: what the operator is told of the search for prompts that mean the same, under public names.
import type { Meanings } from '../../cache/semantic/meanings.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { SemanticTally, ShadowSample } from './semantic-tally.ts';
import type { SemanticSettings } from './settings.ts';

const NANO_PER_DOLLAR = 1e9;

export function semanticReport(
  settings: SemanticSettings,
  meanings: Meanings,
  tally: SemanticTally,
): JsonObject {
  const { entries, partitions, bytes, evicted, expired } = meanings.figures();
  const standing = meanings.standing();
  const { searches, guards, shadow } = tally.figures();
  const { compared, different, savedNano, samples } = shadow;
  return {
    embedding: settings.embedding ?? 'local',
    threshold: settings.threshold,
    shadow: settings.shadow,
    max_chars: settings.maxChars,
    timeout_ms: settings.timeoutMs,
    // `off`: nobody has asked for it yet.
    local_model: typeof standing === 'object' ? 'failed' : standing,
    trouble: typeof standing === 'object' ? standing.failed : null,
    prompts: { entries, max_entries: settings.maxEntries, partitions, bytes, evicted, expired },
    searches,
    rejected: guards,
    shadowed: {
      compared,
      different,
      // About the share of wrong answers it would have given.
      different_ratio: compared === 0 ? null : different / compared,
      saved_usd: savedNano / NANO_PER_DOLLAR,
      samples: samples.map(toldSample),
    },
  };
}

function toldSample({ request, from, similarity, answerSimilarity, savedNano }: ShadowSample) {
  return {
    generation_id: request,
    from,
    similarity,
    answer_similarity: answerSimilarity,
    saved_usd: savedNano === null ? null : savedNano / NANO_PER_DOLLAR,
  };
}
