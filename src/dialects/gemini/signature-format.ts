// Whose state a thought signature is: it goes back to this wire and to no other.

/** The `format` of this wire's thought signatures and thoughts. */
export const OWN_FORMAT = 'google-gemini-v1';

/** Takes the place of a signature on a call that was made by another model (ai.google.dev/gemini-api/docs/thought-signatures#faqs). */
export const STAND_IN = 'skip_thought_signature_validator';
