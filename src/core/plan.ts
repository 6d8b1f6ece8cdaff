// Plan: which models to try, in order, and why. Made by a pure function; it can be printed, stored and explained.
import type { ModelFacts } from './model.ts';
import type { Price } from './price.ts';
import type { Provider } from './provider.ts';
import type { VariantSettings } from './router.ts';

/** One of a provider's keys. `label` is safe to show (`key-1`, the environment variable's name); `secret` never is. */
export interface ProviderKey {
  readonly label: string;
  /** What travels; for a pair, its secret half (so that it is redacted like any other). */
  readonly secret: string;
  /** Its share of the pool's requests beside the others' (default 1). 0: only when no other key is left. */
  readonly weight?: number;
  /** An AWS key pair, where the key is one. */
  readonly aws?: AwsCredentials;
  /** What a Google access token is made from, where the key is no plain one. */
  readonly google?: GoogleCredentials;
  /**
   * Present where it is a caller's own and not the operator's: tells it from every other key, and nothing of the secret. What
   * is remembered of it is remembered of it alone, for one caller's bad key says nothing of the provider.
   */
  readonly own?: string;
}

/** What a key of a provider is known by: labels of callers' own keys may be the same. */
export function keyIdentity(key: ProviderKey | null): string {
  return key?.own ?? key?.label ?? '';
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
}

export type GoogleCredentials =
  /** A service account's key file. */
  | {
      readonly kind: 'service-account';
      readonly clientEmail: string;
      /** PEM. */
      readonly privateKey: string;
      readonly keyId?: string;
      /** The project it was made in. */
      readonly projectId?: string;
      readonly tokenUrl: string;
    }
  /** A person's own, as `gcloud auth application-default login` leaves them. */
  | {
      readonly kind: 'authorized-user';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
      readonly tokenUrl: string;
    }
  /** Those of the Google Cloud machine this runs on. */
  | { readonly kind: 'machine'; readonly tokenUrl: string };

/** A provider this gateway can use now: the built-in or configured data with its keys. */
export interface ConfiguredProvider {
  readonly provider: Provider;
  /** Empty only for providers that need none. */
  readonly keys: readonly ProviderKey[];
  /** Model names this provider is known to serve beyond the catalogue (configured, or found on a local server). */
  readonly models: readonly string[];
  /** Where it runs, where the configuration says so and the provider has several. */
  readonly region: string | null;
  /** How many requests it is sent at once, where that is limited. */
  readonly limits?: ProviderLimits;
  /** What its models cost that have no price of their own. Absent: that is not known. */
  readonly price?: Price;
}

export interface ProviderLimits {
  readonly concurrent: number;
  /** More of them wait for a place, up to so many; the next is refused. */
  readonly queue: number;
  readonly queueTimeoutMs: number;
}

export interface Candidate {
  /** `provider/model`. */
  readonly id: string;
  readonly configured: ConfiguredProvider;
  /** The provider's own name for the model. */
  readonly model: string;
  readonly facts: ModelFacts | null;
}

export interface Plan {
  /** What the caller asked for, as written. */
  readonly requested: string;
  /** Never empty. */
  readonly candidates: readonly Candidate[];
  /** One sentence each: how the candidates came about, and which were left out. */
  readonly why: readonly string[];
  readonly routerId: string | null;
  readonly routeId: string | null;
  readonly variantId: string | null;
  /** What the router puts to the request; null where none was asked. */
  readonly settings: VariantSettings | null;
  /** The slash commands the router knows, cut from what users typed before it is sent on; null: nothing is cut. */
  readonly commands: ReadonlySet<string> | null;
  /** What the router's conditions read of the request beside its metadata and messages, as it was found. */
  readonly facts: { readonly [name: string]: string | number | boolean } | null;
}
