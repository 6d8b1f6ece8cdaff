// What a person sees when the gateway starts: where it is, what was found, and a command to paste.
import type { ConfiguredProvider } from '../core/plan.ts';
import type { Snapshot } from '../gateway/snapshot.ts';
import { listedModels } from '../http/models.ts';

export interface BannerFacts {
  readonly url: string;
  readonly version: string;
  readonly snapshot: Snapshot;
  readonly configFile: string | null;
  readonly dataDir: string;
  /** The admin key, where it was made just now. */
  readonly newAdminKey: string | null;
  /** Where the admin key comes from on later runs, as shell words for the curl. */
  readonly adminKeyShell: string;
  readonly color: boolean;
}

/** The lines under the "listening" line. */
export function banner(facts: BannerFacts): string {
  const { bold, dim, green, yellow } = paint(facts.color);
  const { snapshot } = facts;
  const simulated = snapshot.providers.get(simulatedId(snapshot) ?? '');
  const lines = ['', `  ${bold('switchyard')} ${dim(facts.version)}`, ''];
  const row = (name: string, value: string) => lines.push(`  ${dim(name.padEnd(11))}${value}`);
  row('address', green(facts.url));
  row('dashboard', `${facts.url}/`);
  row('providers', providersText(snapshot));
  row(
    'models',
    `${listedModels(snapshot).length} known (GET /v1/models); "provider/model" is forwarded even when unlisted`,
  );
  row('config', facts.configFile ?? 'none (defaults and environment)');
  row('data', facts.dataDir);
  if (facts.newAdminKey !== null) {
    row(
      'admin key',
      `${bold(facts.newAdminKey)} ${yellow('(shown this once; kept in the data folder)')}`,
    );
  }
  for (const notice of snapshot.notices) lines.push(`  ${yellow('note')}       ${notice}`);
  if (simulated && snapshot.providers.size === 1) {
    lines.push(
      '',
      `  ${yellow('No provider key was found, so answers are simulated.')} Set OPENAI_API_KEY, ANTHROPIC_API_KEY or any`,
      "  other provider's key in the environment and start again to reach real models.",
    );
  }
  lines.push('', '  Try it:', '', ...curl(facts), '');
  return `${lines.join('\n')}\n`;
}

function curl(facts: BannerFacts): string[] {
  const key = facts.newAdminKey ?? facts.adminKeyShell;
  return [
    `  curl ${facts.url}/v1/chat/completions \\`,
    `    -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\`,
    `    -d '{"model": "${exampleModel(facts.snapshot)}", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ];
}

function providersText(snapshot: Snapshot): string {
  const names = [...snapshot.providers.values()].map(
    (configured) => `${configured.provider.id}${originOf(configured)}`,
  );
  return names.length === 0 ? 'none' : names.join(', ');
}

function originOf({ provider, keys, models }: ConfiguredProvider): string {
  if (provider.simulated) return ' (simulated)';
  if (provider.local) return ` (on this machine, ${models.length} models)`;
  if (keys.length === 1) return ` (${keys[0]?.label})`;
  return keys.length === 0 ? ' (no key)' : ` (${keys.length} keys)`;
}

function simulatedId(snapshot: Snapshot): string | undefined {
  for (const { provider } of snapshot.providers.values())
    if (provider.simulated) return provider.id;
  return undefined;
}

/** A model that answers, cheap where prices are known. */
function exampleModel(snapshot: Snapshot): string {
  const [only] = snapshot.providers.values();
  if (only?.provider.simulated) return `${only.provider.id}/${only.models[0]}`;
  const chat = listedModels(snapshot).filter(
    (entry) => entry.facts === null || entry.facts.output.includes('text'),
  );
  // What is there depends on the operator's own cloud account elsewhere: a deployment, a region, a grant.
  const plain = chat.filter(
    (entry) => snapshot.providers.get(entry.provider)?.provider.addressedBy === undefined,
  );
  const priced = (plain.length > 0 ? plain : chat).filter(
    (entry) => (entry.facts?.price?.output ?? 0) > 0 && entry.facts?.abilities.tools === true,
  );
  priced.sort((a, b) => (a.facts?.price?.output ?? 0) - (b.facts?.price?.output ?? 0));
  return (priced[0] ?? chat[0])?.id ?? 'provider/model';
}

function paint(color: boolean) {
  const wrap = (code: number) => (text: string) =>
    color ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: wrap(1), dim: wrap(2), green: wrap(32), yellow: wrap(33) };
}
