// Writes src/catalog/catalog.generated.json from models.dev: `generate-catalog.ts [FILE|URL] [--date YYYY-MM-DD]`.
import { formatCatalog } from '../src/catalog/catalog-file.ts';
import { fromModelsDev } from '../src/catalog/from-models-dev.ts';

const TARGET = new URL('../src/catalog/catalog.generated.json', import.meta.url);

/** The text of the generated file. The same input and date give the same text. Throws where the source is unusable. */
export function generate(json: unknown, date: string): string {
  const conversion = fromModelsDev(json, date);
  if (!conversion.ok) throw new Error(`The source is not usable: ${conversion.problem}.`);
  return formatCatalog(conversion.file);
}

async function read(source: string): Promise<unknown> {
  if (!/^https?:/.test(source)) return await Bun.file(source).json();
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source} answered ${response.status}.`);
  return await response.json();
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const flag = args.indexOf('--date');
  const date =
    flag === -1 ? new Date().toISOString().slice(0, 10) : (args.splice(flag, 2)[1] ?? '');
  const text = generate(await read(args[0] ?? 'https://models.dev/api.json'), date);
  await Bun.write(TARGET, text);
  console.log(`wrote ${TARGET.pathname}: ${text.length} bytes`);
}
