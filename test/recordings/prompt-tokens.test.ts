// The estimate of prompts' tokens beside what providers counted. Media, tools that providers run themselves and searches are left out: nobody sees what they put in.
import { describe, expect, test } from 'bun:test';
import { DIALECTS } from '../../src/dialects/index.ts';
import { jsonCharacters } from '../../src/gateway/json-characters.ts';
import { asObjects, asString, type JsonObject } from '../../src/lib/json.ts';
import { promptTokensOf } from '../../src/routing/facts/prompt-tokens.ts';
import { recordingsFolder } from './find-recordings.ts';
import { httpRecordings } from './http-recordings.ts';
import { readAnswer } from './recorded-answers.ts';

const folder = recordingsFolder();
if (folder === null) console.log('skipped: estimates of recorded prompts (no recordings)');

interface Estimate {
  readonly counted: number;
  readonly estimated: number;
  readonly tools: boolean;
}

describe.skipIf(folder === null)('estimates of recorded prompts', () => {
  const estimates = folder === null ? [] : estimatesIn(folder);
  const long = estimates.filter(({ counted }) => counted >= 300);

  test('long prompts without tools: 20 % off at most, on average', () => {
    const plain = long.filter(({ tools }) => !tools);
    console.log(
      `prompt tokens, mean absolute error: ${percent(meanError(plain))} of ${plain.length} prompts of 300 tokens and more without tools, ${percent(meanError(estimates))} of all ${estimates.length}`,
    );
    expect(plain.length).toBeGreaterThan(40);
    expect(meanError(plain)).toBeLessThan(0.2);
  });

  test('all prompts without tools together: 15 % off at most', () => {
    const plain = estimates.filter(({ tools }) => !tools);
    const sum = (of: (one: Estimate) => number) => plain.reduce((total, one) => total + of(one), 0);
    const ratio = sum(({ estimated }) => estimated) / sum(({ counted }) => counted);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
  });
});

function estimatesIn(recordings: string): Estimate[] {
  return httpRecordings(recordings).flatMap((recording) => {
    const { request, response, wire } = recording;
    if (request === null || response.status !== 200 || isUnseen(request)) return [];
    const counted = readAnswer(recording).usage.input;
    const survey = DIALECTS[wire].survey(request);
    const { images, audio, documents, tools } = survey;
    if (counted === null || counted === 0 || images || audio || documents) return [];
    return [{ counted, estimated: promptTokensOf(survey, jsonCharacters(request)), tools }];
  });
}

function isUnseen(request: JsonObject): boolean {
  const hosted = asObjects(request.tools).some(
    ({ type }) => !['function', 'custom', undefined].includes(asString(type)),
  );
  const adds = ['mcp_servers', 'plugins', 'web_search_options'].some((name) => name in request);
  return hosted || adds || /compound|:online|sonar|search/.test(asString(request.model) ?? '');
}

function meanError(estimates: readonly Estimate[]): number {
  const errors = estimates.map(({ counted, estimated }) => Math.abs(estimated / counted - 1));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
