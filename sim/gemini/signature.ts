// Thought signatures of simulated answers: made here, checked here, and worthless anywhere else, like the real ones.

const MARK = 'simulated-thought-';
/** What the vendor takes in place of one (ai.google.dev/gemini-api/docs/thought-signatures#faqs). */
const STAND_IN = 'skip_thought_signature_validator';

/** Signs what a part says; the same part gives the same signature. */
export function signPart(text: string): string {
  const parts = [0n, 1n].map((salt) => BigInt(Bun.hash(text, salt)).toString(16).padStart(16, '0'));
  return Buffer.from(`${MARK}${parts.join('')}`).toString('base64');
}

/** True for the signature of just this call. */
export function isCallSignature(signature: string, name: string, args: string): boolean {
  return signature === STAND_IN || signature === signPart(`${name} ${args}`);
}

/** True for any signature that was made here. */
export function isSignature(signature: string): boolean {
  return signature === STAND_IN || Buffer.from(signature, 'base64').toString().startsWith(MARK);
}
