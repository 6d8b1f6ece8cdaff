// A provider's body as text: a whole reply piece by piece, so that silence shows, and of an error no more than it takes.
interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

const MAX_ERROR_CHARS = 64 * 1024;
/** The status has said most of it: a body that does not come is not waited for. */
const MAX_ERROR_MS = 1000;

/** The body's text. `onPiece` is told of every piece. Throws what the body's reader throws. */
export async function readPieces(response: Response, onPiece: () => void): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader() as Reader;
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    onPiece();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
}

/** The beginning of an error reply's text, as far as it comes in good time. Throws what the body's reader throws. */
export async function readErrorText(response: Response): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader() as Reader;
  const decoder = new TextDecoder();
  let text = '';
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => undefined);
  }, MAX_ERROR_MS);
  try {
    while (text.length < MAX_ERROR_CHARS) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    }
    reader.cancel().catch(() => undefined);
  } catch (thrown) {
    if (!late) throw thrown;
  } finally {
    clearTimeout(timer);
  }
  return text.slice(0, MAX_ERROR_CHARS);
}
