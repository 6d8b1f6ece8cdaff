// One request as people read it: what was asked, why it went where, what each attempt did when, what it cost and why.
import type { LogAttempt, LogRow } from '../core/log-row.ts';

const BAR_CELLS = 40;

export function logStory(row: LogRow): string {
  return `${[...head(row), ...attempts(row), ...bill(row), ...savings(row), ...rest(row)].join('\n')}\n`;
}

function head(row: LogRow): string[] {
  const routed = [
    row.router_id && `router ${row.router_id}`,
    row.route_id && `route ${row.route_id}`,
    row.variant_id && `variant ${row.variant_id}`,
  ].filter(Boolean);
  const cut = row.delivered_tokens === null ? '' : `, cut after ${row.delivered_tokens} tokens`;
  return [
    `request   ${row.id}`,
    `at        ${row.at}  ${row.endpoint}, ${row.stream ? 'streamed' : 'whole'}${row.simulated ? ', simulated' : ''}`,
    `asked     ${row.requested_model}${row.user === null ? '' : `  by user ${row.user}`}${row.key_id === null ? '' : `  with key ${row.key_id}`}`,
    ...(routed.length === 0 ? [] : [`routed    ${routed.join(', ')}`]),
    `why       ${row.reasoning}`,
    `outcome   ${row.status} ${row.outcome}${row.model === null ? '' : `  ${row.model}`}${row.finish_reason === null ? '' : `  (${row.finish_reason})`}${row.cache === null ? '' : `, from the ${row.cache} cache`}${row.resumed ? ', went on after a break' : ''}${cut}`,
    ...(row.error === null ? [] : [`error     ${row.error.code}  ${row.error.message ?? ''}`]),
    `time      ${ms(row.total_ms)}${row.ttft_ms === null ? '' : `, the first token after ${ms(row.ttft_ms)}`}`,
  ];
}

function attempts(row: LogRow): string[] {
  if (row.attempts.length === 0)
    return ['', row.cache === null ? 'no attempt was made' : 'nobody was asked'];
  const wide = Math.max(...row.attempts.map(({ model }) => model.length));
  let began = 0;
  return [
    '',
    `attempts  (· waits, █ answers; ${ms(row.total_ms)} across)`,
    ...row.attempts.flatMap((attempt, index) => {
      const start = attempt.start_ms ?? began;
      began = start + attempt.duration_ms;
      const status = attempt.status_code ?? '—';
      const line = `${String(index + 1).padStart(3)}  ${attempt.model.padEnd(wide)}  ${String(status).padStart(3)}  ${bar(attempt, start, row.total_ms)}  ${ms(attempt.duration_ms)}`;
      return attempt.error === null
        ? [line]
        : [line, `     ${attempt.error}${attempt.message === null ? '' : `: ${attempt.message}`}`];
    }),
  ];
}

/** Where the attempt lies in the time of its request. */
function bar(attempt: LogAttempt, startMs: number, totalMs: number): string {
  const cell = (at: number) =>
    totalMs <= 0 ? 0 : Math.min(BAR_CELLS, Math.max(0, Math.round((at / totalMs) * BAR_CELLS)));
  const from = Math.min(cell(startMs), BAR_CELLS - 1);
  const to = Math.max(cell(startMs + attempt.duration_ms), from + 1);
  const waited = attempt.success ? (attempt.time_to_first_token_ms ?? 0) : attempt.duration_ms;
  // Of what answered, at least its last cell.
  const first = Math.min(cell(startMs + waited), attempt.success ? to - 1 : to);
  const waiting = '·'.repeat(Math.max(0, Math.max(first, from) - from));
  const answering = '█'.repeat(to - from - waiting.length);
  return `${' '.repeat(from)}${waiting}${answering}`.padEnd(BAR_CELLS);
}

function bill(row: LogRow): string[] {
  const estimated = row.usage_estimated ? '  (by counts of ours: the provider told none)' : '';
  if (row.cost_usd === null) {
    const why = row.unpriced ? 'something was used whose price is not known' : 'not known';
    return ['', `cost      ${why}`, ...counts(row)];
  }
  return ['', `cost      ${usd(row.cost_usd)}${estimated}`, ...counts(row)];
}

/** A line for each kind that was used, with what it came to where that is known. */
function counts({ usage, cost_breakdown: costs = {} }: LogRow): string[] {
  const used = Object.entries(usage).filter(([, count]) => typeof count === 'number' && count > 0);
  const kinds = [...new Set([...used.map(([kind]) => kind), ...Object.keys(costs)])];
  const counted = new Map<string, unknown>(used);
  return kinds.map((kind) => {
    const count = String(counted.get(kind) ?? '').padStart(10);
    const cost = costs[kind];
    return `  ${kind.padEnd(15)}${count}${cost === undefined ? '' : `  ${usd(cost)}`}`;
  });
}

function savings({ cache_detail: detail, saved, ...row }: LogRow): string[] {
  const lines: string[] = [];
  if (saved !== null) {
    const tokens = `${saved.input_tokens ?? '?'} tokens in, ${saved.output_tokens ?? '?'} out`;
    const cost = saved.cost_usd === null ? 'nobody knows what' : usd(saved.cost_usd);
    lines.push(`saved     ${cost} (${saved.kind} hit: ${tokens})`);
  }
  const age = detail?.age_ms == null ? '' : `, ${(detail.age_ms / 1000).toFixed(1)} s old`;
  const alike = detail?.similarity == null ? '' : `, similarity ${detail.similarity.toFixed(4)}`;
  if (detail?.from != null) lines.push(`made for  ${detail.from}${age}${alike}`);
  if (detail?.near !== undefined) {
    const { similarity, guard, shadow } = detail.near;
    const why = guard === null ? (shadow ? 'only watched' : 'not given') : `differs in ${guard}`;
    lines.push(`near      an answer of similarity ${similarity?.toFixed(4) ?? '?'}: ${why}`);
  }
  if (row.prompt_cache_saved_usd !== null)
    lines.push(`cached    the provider's prompt cache ${offOrOn(row.prompt_cache_saved_usd)}`);
  return lines;
}

function offOrOn(saved: number): string {
  return saved < 0 ? `cost ${usd(-saved)} more than it saved` : `took ${usd(saved)} off`;
}

function rest(row: LogRow): string[] {
  return [
    ...(row.losses.length === 0
      ? []
      : ['', 'lost in translation', ...row.losses.map((one) => `  ${one}`)]),
    ...(row.facts === null ? [] : ['', `found     ${JSON.stringify(row.facts)}`]),
    ...(row.metadata === null ? [] : ['', `metadata  ${JSON.stringify(row.metadata)}`]),
    ...(row.trace_id === null ? [] : ['', `trace     ${row.trace_id}`]),
  ];
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

/** To the billionth where it has them. */
function usd(value: number): string {
  return `$${value.toFixed(9).replace(/0{1,3}$/, '')}`;
}
