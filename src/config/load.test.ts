// The configuration file: what is read, and that each mistake is named with its line and remedy.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own variables look like that.
import { describe, expect, test } from 'bun:test';
import { formatProblem, parseConfig as parse } from './load.ts';

const KNOWN: ReadonlySet<string> = new Set(['openai', 'anthropic']);
const parseConfig = (text: string, environment: { [name: string]: string }) =>
  parse(text, environment, KNOWN);

function problemsOf(text: string, environment: { [name: string]: string } = {}): string[] {
  const loaded = parseConfig(text, environment);
  if (loaded.ok) throw new Error('expected problems');
  return loaded.problems.map((problem) => formatProblem('f.yaml', problem));
}

describe('parseConfig', () => {
  test('an empty file is an empty configuration', () => {
    expect(parseConfig('', {})).toEqual({ ok: true, config: {}, warnings: [] });
    expect(parseConfig('# nothing\n', {})).toEqual({ ok: true, config: {}, warnings: [] });
  });

  test('variables come from the environment, with defaults, inside any text', () => {
    const text =
      'providers:\n  openai: { api_key: "${KEY}", base_url: "http://${HOST:-127.0.0.1}:9100/v1/" }\n';
    const loaded = parseConfig(text, { KEY: 'secret-1' });
    expect(loaded).toEqual({
      ok: true,
      config: {
        providers: { openai: { api_key: 'secret-1', base_url: 'http://127.0.0.1:9100/v1' } },
      },
      warnings: [],
    });
  });

  test('an unset variable is empty and said so, with its line', () => {
    const loaded = parseConfig('providers:\n  openai:\n    api_key: ${KEY}\n', {});
    expect(loaded).toEqual({
      ok: true,
      config: { providers: { openai: { api_key: '' } } },
      warnings: [{ line: 3, message: 'environment variable KEY is not set' }],
    });
  });

  test('a variable may stand where a number or a switch is wanted; a key of digits stays text', () => {
    const text =
      'server: { port: "${PORT:-8123}" }\nproviders: { openai: { api_key: "${KEY}", enabled: "${ON}" } }';
    const loaded = parseConfig(text, { KEY: '12345', ON: 'false' });
    expect(loaded.ok && loaded.config).toEqual({
      server: { port: 8123 },
      providers: { openai: { api_key: '12345', enabled: false } },
    });
    expect(problemsOf('server: { port: "${PORT}" }', { PORT: 'soon' })).toEqual([
      'f.yaml:1: server.port: Invalid input: expected number, received string',
    ]);
  });

  test('keys may have weights and labels, which may come from the environment too', () => {
    const text =
      'providers: { openai: { api_keys: [a, { key: "${KEY}", weight: "${WEIGHT}", label: team }] } }';
    const loaded = parseConfig(text, { KEY: '123', WEIGHT: '2.5' });
    expect(loaded.ok && loaded.config.providers?.openai?.api_keys).toEqual([
      'a',
      { key: '123', weight: 2.5, label: 'team' },
    ]);
  });

  test('a value from the environment is text, never YAML', () => {
    const loaded = parseConfig('providers: { openai: { api_key: "${KEY}" } }', {
      KEY: '{ x: 1 } # "',
    });
    expect(loaded.ok && loaded.config.providers?.openai?.api_key).toBe('{ x: 1 } # "');
  });

  test('durations and sizes', () => {
    const loaded = parseConfig(
      'server: { max_body: 2MB, drain: 1.5s }\ntimeouts: { idle: 800ms, total: 2m }',
      {},
    );
    expect(loaded.ok && loaded.config).toEqual({
      server: { max_body: 2 * 1024 * 1024, drain: 1500 },
      timeouts: { idle: 800, total: 120_000 },
    });
  });

  test.each([
    [
      'server:\n  prot: 8080\n',
      'f.yaml:2: server.prot is not a known setting. Did you mean "port"?',
    ],
    ['provders: {}\n', 'f.yaml:1: provders is not a known setting. Did you mean "providers"?'],
    [
      'providers:\n  openai:\n    api_keyy: x\n',
      'f.yaml:3: providers.openai.api_keyy is not a known setting. Did you mean "api_key" or "api_keys"?',
    ],
    ['models:\n  - id: gpt\n', 'f.yaml:2: models[0].id: must be "provider/model"'],
    [
      'models:\n  - id: a/b\n    price: { inptu: 1 }\n',
      'f.yaml:3: models[0].price.inptu is not a known setting. Did you mean "input"?',
    ],
    [
      'providers:\n  x:\n    base_url: ftp://x\n',
      'f.yaml:3: providers.x.base_url: must be an http:// or https:// URL',
    ],
    [
      'timeouts:\n  idle: 10\n',
      'f.yaml:2: timeouts.idle: Invalid input: expected string, received number',
    ],
    [
      'timeouts:\n  idle: soon\n',
      'f.yaml:2: timeouts.idle: must be a duration such as "800ms", "10s" or "2m"',
    ],
    [
      'providers:\n  opnai: { api_key: x }\n',
      'f.yaml:2: providers.opnai is not a built-in provider, so it needs a base_url. Did you mean "openai"?',
    ],
    [
      'providers:\n  My X: { base_url: http://x }\n',
      'f.yaml:2: providers.My X: the name must be lower-case letters, digits, - or _',
    ],
    [
      'providers:\n  openai:\n    api_keys:\n      - { key: x, wieght: 2 }\n',
      'f.yaml:4: providers.openai.api_keys[0].wieght is not a known setting. Did you mean "weight"?',
    ],
    [
      'providers:\n  openai:\n    api_keys: [x, 5]\n',
      'f.yaml:3: providers.openai.api_keys[1]: must be a key, or an object with one in "key"',
    ],
    [
      'providers:\n  openai:\n    api_keys: [{ key: x, weight: -1 }]\n',
      'f.yaml:3: providers.openai.api_keys[0].weight: Too small: expected number to be >=0',
    ],
    [
      'providers:\n  openai:\n    api_keys:\n      - { key: x, label: main }\n      - { key: y, label: main }\n',
      'f.yaml:5: providers.openai.api_keys[1].label: "main" is the label of another key too',
    ],
    [
      'providers:\n  openai:\n    api_keys: [x, { key: y, label: key-1 }]\n',
      'f.yaml:3: providers.openai.api_keys[1].label: must not look like those of keys without a label',
    ],
    [
      'providers:\n  openai:\n    api_keys: [{ key: sk-12345678, label: the-sk-12345678 }]\n',
      'f.yaml:3: providers.openai.api_keys[0].label: must not show the key: labels are no secret',
    ],
    [
      'providers:\n  openai:\n    limits: { queue: 3 }\n',
      'f.yaml:3: providers.openai.limits.concurrent: Invalid input: expected number, received undefined',
    ],
    [
      'providers:\n  openai:\n    limits: { concurrent: 0 }\n',
      'f.yaml:3: providers.openai.limits.concurrent: Too small: expected number to be >0',
    ],
    ['server: [1]\n', 'f.yaml:1: server: Invalid input: expected object, received array'],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test('broken YAML is named with its line', () => {
    const [problem] = problemsOf('server:\n  port: [1\nproviders: {}\n');
    expect(problem).toStartWith('f.yaml:3: ');
  });

  test('a text that begins with an asterisk is told of, and not repeated', () => {
    const problems = problemsOf('providers:\n  openai: { api_key: *sk-very-secret }\n');
    expect(problems).toEqual([expect.stringMatching(/^f\.yaml:2: what begins with \* .* quotes/)]);
    expect(problems.join()).not.toContain('sk-very-secret');
  });

  test('a secret is in no problem', () => {
    const problems = problemsOf(
      'providers: { openai: { api_key: "${KEY}", base_url: "${KEY}" } }',
      { KEY: 'sk-very-secret' },
    );
    expect(problems.join()).not.toContain('sk-very-secret');
  });
});
