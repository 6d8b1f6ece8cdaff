// Looking for what is planted, as it is and in the encodings things travel in.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Planted } from './planted.ts';

interface Finding {
  readonly where: string;
  readonly what: string;
}

/** Somewhere a planted word may be, and why. */
export interface Legitimate {
  readonly where: RegExp;
  readonly what: RegExp;
  readonly because: string;
}

export class Search {
  readonly #needles: readonly (readonly [what: string, forms: readonly string[]])[];
  readonly findings: Finding[] = [];
  /** How much was looked through: nothing is found where nothing was looked at. */
  readonly looked = new Map<string, number>();

  constructor(planted: Planted) {
    this.#needles = [...planted].map(([what, text]) => [what, formsOf(text)]);
  }

  in(where: string, content: string | Uint8Array): void {
    // Byte for byte: a file of a database is no text.
    const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
    this.looked.set(where, (this.looked.get(where) ?? 0) + text.length);
    for (const [what, forms] of this.#needles)
      if (forms.some((form) => text.includes(form))) this.#found({ where, what });
  }

  /** Every file under a folder but those named. */
  inFiles(folder: string, except: readonly string[]): void {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    for (const { name, parentPath } of entries.filter((entry) => entry.isFile())) {
      const path = relative(folder, join(parentPath, name));
      if (!except.includes(path))
        this.in(`file ${path}`, unpacked(readFileSync(join(parentPath, name))));
    }
  }

  /** What was found where it may not be; every allowance has to be made use of. */
  verdict(legitimate: readonly Legitimate[]): {
    readonly leaks: readonly Finding[];
    readonly unused: readonly string[];
  } {
    const allows = ({ where, what }: Legitimate, found: Finding) =>
      where.test(found.where) && what.test(found.what);
    return {
      leaks: this.findings.filter((found) => !legitimate.some((one) => allows(one, found))),
      unused: legitimate
        .filter((one) => !this.findings.some((found) => allows(one, found)))
        .map(({ where, because }) => `${where}: ${because}`),
    };
  }

  #found(finding: Finding): void {
    const isKnown = this.findings.some(
      ({ where, what }) => where === finding.where && what === finding.what,
    );
    if (!isKnown) this.findings.push(finding);
  }
}

/** As it is, in hex, and in base64 however it lies in what is encoded. */
function formsOf(text: string): readonly string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from('-'.repeat(shift) + text).toString('base64');
    // The first and the last characters hang on the neighbours.
    return encoded.slice(shift === 0 ? 0 : 4, -4);
  });
  const url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  const reversed = [...text].reverse().join('');
  return [
    ...new Set([
      text,
      encodeURIComponent(text),
      Buffer.from(text).toString('hex'),
      reversed,
      ...base64,
      ...url,
    ]),
  ];
}

function unpacked(content: Buffer): Uint8Array {
  return content[0] === 0x1f && content[1] === 0x8b ? gunzipSync(content) : content;
}
