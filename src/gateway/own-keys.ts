// callersSnapshot: what one caller's request may look at: the snapshot, and over it the caller's own provider keys.
import { createHmac, randomBytes } from 'node:crypto';
import { GatewayError, invalid } from '../core/errors.ts';
import type { ConfiguredProvider } from '../core/plan.ts';
import type { UnavailableProvider } from '../routing/resolve.ts';
import { OWN_KEY_HEADER, readOwnKeyHeader } from '../vault/own-key-header.ts';
import { type ProviderSecret, providerKeyOf, secretText } from '../vault/provider-secret.ts';
import type { CallersKeys, OwnKeys } from '../vault/vault-view.ts';
import type { Gateway } from './gateway.ts';
import { isSamePlace } from './pooled-keys.ts';
import { type Snapshot, withProviders } from './snapshot.ts';

/** What rows call a key that came with its request. */
export const BROUGHT_KEY_LABEL = 'own';
/** Headers that came before are remembered with what they made: `auto` goes over all that is listed for each. */
const MAX_REMEMBERED = 200;

interface Overlays {
  readonly stored: WeakMap<CallersKeys, Snapshot>;
  /** By the caller's id and the header, the latest last. */
  readonly brought: Map<
    string,
    { readonly stored: CallersKeys | undefined; readonly made: Snapshot }
  >;
}

const OVERLAYS = new WeakMap<Snapshot, Overlays>();
/** What tells secrets apart in memory is worth nothing outside of it. */
const IDENTITY = randomBytes(32);

/**
 * The same snapshot where the caller has no keys of their own, as nearly all: one look at the headers, one at the vault.
 * Throws `invalid_request` or `forbidden` naming the header, and nothing that stands in it.
 */
export function callersSnapshot(
  gateway: Pick<Gateway, 'snapshot' | 'vault'>,
  { id }: { readonly id: string },
  headers: Headers,
): Snapshot {
  const snapshot = gateway.snapshot();
  const header = headers.get(OWN_KEY_HEADER);
  const stored = gateway.vault.of(id);
  if (header === null) return stored === undefined ? snapshot : withStored(snapshot, stored);
  if (!snapshot.own.header)
    throw new GatewayError(
      'forbidden',
      `${OWN_KEY_HEADER}: this gateway takes no provider keys with requests (own_keys.header in its configuration). Leave the header out.`,
      { param: OWN_KEY_HEADER },
    );
  return withBrought(snapshot, stored, id, header);
}

function withStored(snapshot: Snapshot, stored: CallersKeys): Snapshot {
  const { stored: known } = overlaysOf(snapshot);
  const made = known.get(stored);
  if (made !== undefined) return made;
  const overlay = overlaid(snapshot, stored);
  known.set(stored, overlay);
  return overlay;
}

function withBrought(
  snapshot: Snapshot,
  stored: CallersKeys | undefined,
  id: string,
  header: string,
): Snapshot {
  const { brought } = overlaysOf(snapshot);
  const name = `${id}\n${header}`;
  const known = brought.get(name);
  brought.delete(name);
  const made =
    known !== undefined && known.stored === stored
      ? known.made
      : overlaid(snapshot, new Map([...(stored ?? []), ...keysIn(header, snapshot)]));
  brought.set(name, { stored, made });
  const [oldest] = brought.size > MAX_REMEMBERED ? brought.keys() : [];
  if (oldest !== undefined) brought.delete(oldest);
  return made;
}

function overlaysOf(snapshot: Snapshot): Overlays {
  const known = OVERLAYS.get(snapshot);
  if (known !== undefined) return known;
  const made: Overlays = { stored: new WeakMap(), brought: new Map() };
  OVERLAYS.set(snapshot, made);
  return made;
}

/** By provider id. What a request brings stands alone: whoever names a key wants that one. */
function keysIn(header: string, snapshot: Snapshot): Map<string, OwnKeys> {
  const found = new Map<string, OwnKeys>();
  let number = 0;
  for (const [name, secret] of readOwnKeyHeader(header)) {
    number += 1;
    const id = snapshot.aliases.get(name) ?? name;
    const unavailable = snapshot.unavailable.get(id);
    // A name that is none may be part of a key: it is not told.
    if (!snapshot.providers.has(id) && unavailable === undefined)
      throw invalid(
        OWN_KEY_HEADER,
        `names a provider this gateway does not know (number ${number})`,
      );
    const key = providerKeyOf(secret, { label: BROUGHT_KEY_LABEL, own: identityOf(secret) });
    if (snapshot.own.provider(id, [key]) === null)
      throw invalid(OWN_KEY_HEADER, cannotBeUsed(id, unavailable));
    found.set(id, { keys: [key], allowFallback: false });
  }
  return found;
}

function identityOf(secret: ProviderSecret): string {
  return createHmac('sha256', IDENTITY).update(secretText(secret)).digest('base64url').slice(0, 22);
}

/** The snapshot with each of these providers as their own keys make it. */
function overlaid(snapshot: Snapshot, own: CallersKeys): Snapshot {
  const providers = new Map(snapshot.providers);
  const unavailable = new Map(snapshot.unavailable);
  for (const [id, keys] of own) {
    const usual = snapshot.providers.get(id) ?? null;
    const made = keys.keys.length === 0 ? null : snapshot.own.provider(id, keys.keys);
    const used =
      made === null ? (keys.allowFallback ? usual : null) : withFallback(made, usual, keys);
    if (used !== null) {
      providers.set(id, used);
      unavailable.delete(id);
      continue;
    }
    providers.delete(id);
    const remedy =
      keys.keys.length === 0
        ? 'the own key that is stored for this caller cannot be opened; the operator has to set the master key that sealed it'
        : cannotBeUsed(id, snapshot.unavailable.get(id));
    unavailable.set(id, { id, remedy });
  }
  return withProviders(snapshot, providers, unavailable, new Set(own.keys()));
}

/** The operator's keys come last of all: whoever brings a key pays for what it can do. */
function withFallback(
  made: ConfiguredProvider,
  usual: ConfiguredProvider | null,
  { allowFallback }: OwnKeys,
): ConfiguredProvider {
  if (!allowFallback || usual === null || !isSamePlace(made, usual)) return made;
  return { ...made, keys: [...made.keys, ...usual.keys] };
}

function cannotBeUsed(id: string, unavailable: UnavailableProvider | undefined): string {
  return unavailable === undefined
    ? `a caller’s own key cannot be used with "${id}": it takes none`
    : `a caller’s own key is not enough for "${id}" here: it takes none, is switched off, or the operator has to configure where it is`;
}
