// Where a Mixpanel project is reached, and how a request proves itself there.
import type { MixpanelSettings } from '../../config/export-mixpanel-schema.ts';

const REGIONS = {
  us: { ingestion: 'https://api.mixpanel.com', data: 'https://data.mixpanel.com' },
  eu: { ingestion: 'https://api-eu.mixpanel.com', data: 'https://data-eu.mixpanel.com' },
  in: { ingestion: 'https://api-in.mixpanel.com', data: 'https://data-in.mixpanel.com' },
} as const;

export interface MixpanelAccess {
  readonly ingestion: string;
  readonly data: string;
  /** Null: a project token says which. */
  readonly project: string | null;
  readonly authorization: string;
}

/** With a service account where there is one. */
export function mixpanelAccess(settings: MixpanelSettings): MixpanelAccess {
  const { region = 'us', base_url, data_url, project_id, username, secret, token } = settings;
  const hosts = REGIONS[region];
  const isAccount = project_id !== undefined && username !== undefined && secret !== undefined;
  return {
    ingestion: base_url ?? hosts.ingestion,
    data: data_url ?? hosts.data,
    project: isAccount ? String(project_id) : null,
    authorization: isAccount ? basic(`${username}:${secret}`) : basic(`${token ?? ''}:`),
  };
}

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
