// Failure scope: what else a failure rules out. Asking again what must fail again only makes the caller wait.
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import { type Candidate, keyIdentity, type ProviderKey } from '../core/plan.ts';

export class FailureScope {
  readonly #out = new Set<string>();
  #minContext = 0;

  /** Takes a failure's scope out of the running for the rest of this request. */
  add(error: GatewayError, candidate: Candidate, key: ProviderKey | null): void {
    const provider = candidate.configured.provider.id;
    switch (saidOfTarget(error)) {
      case 'upstream_auth':
      case 'upstream_payment_required':
        // The key or its account; other keys of the provider may be good.
        this.#out.add(keyOf(provider, key));
        return;
      case 'upstream_forbidden':
      case 'upstream_rate_limited':
        // Accounts are let in, and limited, model by model.
        this.#out.add(`${keyOf(provider, key)} ${candidate.model}`);
        return;
      case 'upstream_unreachable':
        // Nobody listens there; a connection that was made and then lost says nothing of the others.
        if (error.details.upstreamCode === 'refused') this.#out.add(provider);
        return;
      case 'upstream_connect_timeout':
      // Its places are taken, whatever the model and the key: who has waited for one does not wait twice.
      case 'provider_busy':
        this.#out.add(provider);
        return;
      case 'upstream_context_length':
        this.#minContext = Math.max(this.#minContext, (candidate.facts?.context ?? 0) + 1);
        return;
      default:
        return;
    }
  }

  /** False when a failure seen in this request rules this target out. */
  allows(candidate: Candidate, key: ProviderKey | null): boolean {
    if (this.#minContext > 1 && (candidate.facts?.context ?? 0) < this.#minContext) return false;
    if (this.#minContext === 1 && candidate.facts?.context == null) return false;
    if (this.#out.size === 0) return true;
    const provider = candidate.configured.provider.id;
    return (
      !this.#out.has(provider) &&
      !this.#out.has(keyOf(provider, key)) &&
      !this.#out.has(`${keyOf(provider, key)} ${candidate.model}`)
    );
  }
}

function keyOf(provider: string, key: ProviderKey | null): string {
  return `${provider} ${keyIdentity(key)}`;
}

/** True when another key of the same provider may do what this one could not. */
export function otherKeyMayHelp(error: GatewayError): boolean {
  const code = saidOfTarget(error);
  return (
    code === 'upstream_auth' ||
    code === 'upstream_payment_required' ||
    code === 'upstream_forbidden' ||
    code === 'upstream_rate_limited'
  );
}

function saidOfTarget({ code, details }: GatewayError): ErrorCode {
  return details.refusal ?? code;
}
