// cacheTable: the figures of the cache as lines to read.

/** As GET /router/v1/cache tells it. */
export interface CacheStatus {
  readonly since: string;
  readonly requests: {
    readonly hits: { readonly exact: number; readonly semantic: number; readonly shared: number };
    readonly misses: number;
    readonly bypassed: number;
    readonly hit_rate: number | null;
  };
  readonly saved: {
    readonly usd: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly unpriced_requests: number;
  };
  readonly settings: { readonly mode: string; readonly ttl_s: number };
  readonly answers: {
    readonly entries: number;
    readonly max_entries: number;
    readonly bytes: number;
    readonly max_bytes: number;
    readonly evicted: number;
    readonly expired: number;
    readonly store: string;
    readonly trouble: string | null;
  };
  readonly semantic: {
    readonly embedding: string;
    readonly threshold: number;
    readonly shadow: boolean;
    readonly local_model: string;
    readonly trouble: string | null;
    readonly prompts: { readonly entries: number };
    readonly shadowed: { readonly compared: number; readonly different: number };
  };
}

const MB = 1024 * 1024;

export function cacheTable({
  since,
  requests,
  saved,
  settings,
  answers,
  semantic,
}: CacheStatus): string {
  const { hits, misses, bypassed, hit_rate: rate } = requests;
  const lines: [string, string][] = [
    ['since', since],
    ['in force', `${settings.mode}, ${settings.ttl_s} s where nobody says`],
    ['hit rate', rate === null ? 'no request yet' : `${(rate * 100).toFixed(1)} %`],
    [
      'hits',
      `${hits.exact} exact, ${hits.semantic} semantic, ${hits.shared} shared with one under way`,
    ],
    ['misses', `${misses} (and ${bypassed} not looked up)`],
    ['saved', toldSaved(saved)],
    [
      'answers',
      `${answers.entries} of ${answers.max_entries}, ${megabytes(answers.bytes)} of ${megabytes(answers.max_bytes)} MB, ${where(answers.store)}`,
    ],
    ['let go', `${answers.evicted} for want of room, ${answers.expired} too old`],
    ...semanticLines(semantic, settings.mode),
  ];
  if (answers.trouble !== null) lines.push(['trouble', answers.trouble]);
  return lines.map(([name, told]) => `${name.padEnd(10)}${told}\n`).join('');
}

function toldSaved(saved: CacheStatus['saved']): string {
  const { usd, input_tokens: input, output_tokens: output, unpriced_requests: unpriced } = saved;
  const unknown = unpriced === 0 ? '' : `; of ${unpriced} hits nobody knows what they saved`;
  return `$${usd.toFixed(4)}, ${input} tokens in, ${output} out${unknown}`;
}

function semanticLines(
  {
    embedding,
    threshold,
    shadow,
    local_model: model,
    trouble,
    prompts,
    shadowed,
  }: CacheStatus['semantic'],
  mode: string,
): [string, string][] {
  if (mode !== 'semantic' && model === 'off' && prompts.entries === 0) return [];
  const standing = embedding === 'local' ? `local model ${model}` : embedding;
  const lines: [string, string][] = [
    ['semantic', `${standing}, threshold ${threshold}, ${prompts.entries} prompts`],
  ];
  if (shadow || shadowed.compared > 0)
    lines.push([
      'shadow',
      `${shadowed.compared} would have been answered, ${shadowed.different} of them with another answer`,
    ]);
  if (trouble !== null) lines.push(['trouble', trouble]);
  return lines;
}

function megabytes(bytes: number): string {
  return (bytes / MB).toFixed(1);
}

function where(store: string): string {
  if (store === 'memory') return 'in memory alone';
  return store === 'redis' ? 'shared by Redis' : 'and in the data folder';
}
