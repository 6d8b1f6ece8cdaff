// Signatures of simulated thinking: made here, checked here, and worthless anywhere else, like the real ones.

/** Signs reasoning text; the same text gives the same signature. */
export function signThinking(text: string): string {
  const parts = [0n, 1n, 2n, 3n].map((salt) =>
    BigInt(Bun.hash(text, salt)).toString(16).padStart(16, '0'),
  );
  return Buffer.from(`simulated-thinking-${parts.join('')}`).toString('base64');
}

/** What stands in a redacted block. */
export function redactedData(text: string): string {
  return Buffer.from(`simulated-redacted-${BigInt(Bun.hash(text)).toString(16)}`).toString(
    'base64',
  );
}

/** True for a signature of just this text. Text that was hidden from the caller comes back empty, so that is accepted. */
export function isSigned(text: string, signature: string): boolean {
  if (text === '')
    return Buffer.from(signature, 'base64').toString().startsWith('simulated-thinking-');
  return signature === signThinking(text);
}
