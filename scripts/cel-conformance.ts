// node bin/bun.mjs scripts/cel-conformance.ts [section]: cel-spec's cases and the time of ten conditions, for both CEL libraries and for ours.
import { type Case, conformanceCases } from './cel/cases.ts';
import { costOf, patternCostOf } from './cel/speed.ts';
import { SUBJECTS, type Subject } from './cel/subjects.ts';

const cases = conformanceCases();
const sections = [...new Set(cases.map((tested) => tested.section))];

interface Score {
  passed: number;
  /** It says before it is run that it cannot do it. */
  refused: number;
  wrong: number;
}

function scoreOf(subject: Subject, some: readonly Case[]): Score {
  const score: Score = { passed: 0, refused: 0, wrong: 0 };
  for (const tested of some) {
    const outcome = subject.outcome(tested);
    // an error that is found before the evaluation is found all the better
    if (outcome === tested.expected || (outcome === 'refused' && tested.expected === 'error'))
      score.passed++;
    else if (outcome === 'refused') score.refused++;
    else score.wrong++;
  }
  return score;
}

function row(name: string, some: readonly Case[]): string {
  const scores = SUBJECTS.map((subject) => scoreOf(subject, some));
  return `| ${name} | ${some.length} | ${scores.map((s) => `${s.passed} / ${s.refused} / ${s.wrong}`).join(' | ')} |`;
}

function table(): string {
  return [
    `| section | cases | ${SUBJECTS.map((subject) => subject.name).join(' | ')} |`,
    `|---|---|${SUBJECTS.map(() => '---|').join('')}`,
    ...sections.map((section) =>
      row(
        section,
        cases.filter((tested) => tested.section === section),
      ),
    ),
    row('all', cases),
    row(
      'without messages and extensions',
      cases.filter((tested) => !tested.beyond),
    ),
  ].join('\n');
}

function failures(section: string): string {
  const lines: string[] = [];
  for (const tested of cases) {
    if (tested.section !== section || tested.beyond) continue;
    for (const subject of SUBJECTS) {
      const outcome = subject.outcome(tested);
      if (outcome === tested.expected || outcome === 'refused') continue;
      lines.push(`${subject.name}: ${tested.expression} → ${outcome}, not ${tested.expected}`);
    }
  }
  return lines.join('\n');
}

const [wanted] = process.argv.slice(2);
if (wanted !== undefined) {
  process.stdout.write(`${failures(wanted)}\n`);
} else {
  process.stdout.write(`passed / refused / wrong\n\n${table()}\n\n`);
  for (const subject of SUBJECTS) {
    const { given, missing } = costOf(subject);
    process.stdout.write(
      `${subject.name}: ten conditions ${given.toFixed(2)} µs, ${missing.toFixed(2)} µs where the request has none of their names\n`,
    );
    for (const chars of [10_000, 100_000]) {
      const costs = patternCostOf(subject, chars).map((cost) => `${cost.toFixed(0)} µs`);
      process.stdout.write(`  patterns on ${chars} characters: ${costs.join(', ')}\n`);
    }
  }
}
