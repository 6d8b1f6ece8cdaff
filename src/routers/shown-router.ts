// A router as the API answers it: the resource, and what the gateway knows of it.
import type { ConfiguredRouter } from '../config/configured-routers.ts';
import type { JsonObject } from '../lib/json.ts';
import type { RouterVersion, StoredRouter } from './router-store.ts';

export interface ShownRouter {
  readonly id: string;
  readonly origin: 'config' | 'api';
  /** Null for one of the configuration, which has no versions here. */
  readonly version: number | null;
  /** With etag, version, origin and times. */
  readonly resource: JsonObject;
}

export function etagOf(version: number): string {
  return `v${version}`;
}

/** @param shadowed a router of the configuration has the same name, and is the one that serves */
export function shownStored(router: StoredRouter, shadowed: boolean): ShownRouter {
  const { id, version, createdAt, updatedAt } = router;
  return {
    id,
    origin: 'api',
    version,
    resource: {
      ...router.resource,
      origin: 'api',
      ...(shadowed ? { shadowed } : {}),
      version,
      etag: etagOf(version),
      createTime: new Date(createdAt).toISOString(),
      updateTime: new Date(updatedAt).toISOString(),
    },
  };
}

export function shownConfigured({ id, resource }: ConfiguredRouter): ShownRouter {
  return { id, origin: 'config', version: null, resource: { ...resource, origin: 'config' } };
}

export function shownVersion({ version, what, by, at }: RouterVersion): JsonObject {
  return { version, etag: etagOf(version), what, by, at: new Date(at).toISOString() };
}
