// The program with something planted everywhere a secret can stand, and what stands around it.
import { type Sim, startSim } from '../../../sim/start-sim.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { type Folder, openFolder, type Program, startServe } from '../program-under-test.ts';
import { HOST, MASTER_KEY, PRIVATE_KEY, SECRETS, WORDS } from './planted.ts';
import { type Babbler, startBabbler } from './start-babbler.ts';

export interface Ground {
  readonly folder: Folder;
  readonly program: Program;
  readonly babbler: Babbler;
  readonly sim: Sim;
  readonly environment: { readonly [name: string]: string };
  /** With the operator's key, if no other is given. */
  call(
    method: string,
    path: string,
    body?: JsonObject | string,
    headers?: Headers_,
  ): Promise<Response>;
  stop(): Promise<void>;
}

type Headers_ = { readonly [name: string]: string };

/** The files in which secrets are planted. */
export const OWN_FILES = ['switchyard.yaml', 'google.json', 'request.json', 'broken.yaml'];

/** Every provider that has a secret of another kind, all behind the same server. */
export const PROVIDERS = [
  'keyed',
  'plain',
  'pooled',
  'variable',
  'openai',
  'address',
  'bedrock',
  'google-vertex',
  'gem',
  'coherent',
];

export async function openGround(): Promise<Ground> {
  const babbler = startBabbler();
  const sim = startSim({ seed: 7 });
  const folder = openFolder();
  const at = `http://127.0.0.1:${babbler.port}`;
  const google = {
    type: 'service_account',
    project_id: 'p',
    client_email: 'it@p.iam.gserviceaccount.com',
    private_key: PRIVATE_KEY,
    private_key_id: 'k1',
    token_uri: `${at}/token`,
  };
  const credentials = await folder.write('google.json', JSON.stringify(google));
  await folder.write('switchyard.yaml', configuration(babbler.port, sim.url, credentials));
  const environment = {
    SWITCHYARD_ADMIN_KEY: SECRETS['the admin key'],
    SWITCHYARD_MASTER_KEY: MASTER_KEY,
    CANARY_VARIABLE: SECRETS['a key named by a variable'],
    OPENAI_API_KEY: SECRETS['a well-known variable'],
  };
  const program = await startServe([], folder, { env: environment });
  return {
    folder,
    program,
    babbler,
    sim,
    environment,
    call: (method, path, body, headers = {}) =>
      fetch(program.url() + path, {
        method,
        headers: {
          authorization: `Bearer ${SECRETS['the admin key']}`,
          'content-type': 'application/json',
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    async stop() {
      await program[Symbol.asyncDispose]();
      await babbler.stop();
      await sim.stop();
      folder[Symbol.dispose]();
    },
  };
}

function configuration(port: number, simUrl: string, credentials: string): string {
  const at = `http://127.0.0.1:${port}`;
  const base = `base_url: "${at}/v1"`;
  return `
health: { enabled: false }
retries: 0
discovery: { local: false }
providers:
  keyed: { dialect: openai-chat, ${base}, api_key: "${SECRETS['a key of the configuration']}", headers: { x-second-key: "${SECRETS['a header of a provider']}" } }
  plain: { dialect: anthropic-messages, ${base}, api_key: "${SECRETS['a key that looks like a word']}" }
  pooled: { dialect: openai-responses, ${base}, api_keys: ["${SECRETS['the first key of a pool']}", "${SECRETS['the second key of a pool']}"] }
  variable: { dialect: openai-chat, ${base}, api_key: "\${CANARY_VARIABLE}" }
  openai: { ${base} }
  address: { dialect: openai-chat, base_url: "http://someone:${SECRETS['the password of an address']}@127.0.0.1:${port}/v1?token=${SECRETS['the query of an address']}", api_key: k }
  bedrock: { ${base}, aws: { access_key_id: "${SECRETS['the AWS key id']}", secret_access_key: "${SECRETS['the AWS secret']}", session_token: "${SECRETS['the AWS session']}", region: us-east-1 } }
  google-vertex: { ${base}, project: p, location: us, credentials_file: "${credentials}" }
  gem: { dialect: gemini, ${base}, api_key: "${SECRETS['a key of the configuration']}" }
  coherent: { dialect: cohere, ${base}, api_key: "${SECRETS['a key that looks like a word']}" }
  good: { dialect: openai-chat, base_url: "${simUrl}", api_key: "${SECRETS['a key of the configuration']}" }
  fine: { dialect: anthropic-messages, base_url: "${simUrl}", api_key: "${SECRETS['a key that looks like a word']}" }
  deaf: { dialect: openai-chat, base_url: "http://${HOST}:8443/v1", api_key: "${SECRETS['a key of the configuration']}" }
telemetry:
  otlp: { endpoint: "${at}/receive/otlp", interval: 500ms, headers: { authorization: "${SECRETS['the headers of a collector']}" } }
keys:
  - { name: from the file, key: "${SECRETS['a virtual key of the configuration']}" }
exports:
  hook: { type: webhook, url: "${at}/receive/hook?key=${SECRETS['the address of a webhook']}", secret: "${SECRETS['the secret of a webhook']}", headers: { x-key: "${SECRETS['the header of a webhook']}" }, user: hashed, user_hash_key: "${SECRETS['the key users are hashed by']}" }
  bucket: { type: s3, bucket: b, endpoint: "${at}/receive/s3", access_key_id: AKIAEXAMPLE, secret_access_key: "${SECRETS['the secret of an S3 key']}", session_token: "${SECRETS['the session of an S3 key']}" }
  analytics: { type: mixpanel, project_id: 1, username: u, secret: "${SECRETS['the secret of an analytics account']}", base_url: "${at}/receive/mixpanel" }
  warehouse: { type: clickhouse, url: "${at}/receive/clickhouse", password: "${SECRETS['the password of a warehouse']}" }
  lake: { type: bigquery, project: p, credentials_file: "${credentials}", base_url: "${at}/receive/bigquery" }
  refused: { type: webhook, url: "${at}/way-500/export?key=${SECRETS['the address of a webhook']}", secret: "${SECRETS['the secret of a webhook']}", headers: { x-key: "${SECRETS['the header of a webhook']}" } }
alerts:
  channels:
    hook: { type: webhook, url: "${at}/receive/alert?key=${SECRETS['the address of a chat']}", secret: "${SECRETS['the secret of an alert']}" }
    chat: { type: slack, url: "${at}/way-500/services/${SECRETS['the address of a chat']}" }
    mail: { type: smtp, host: 127.0.0.1, port: 9, tls: "off", user: u, password: "${SECRETS['the password of a mail server']}", from: a@example.com, to: [b@example.com] }
  rules: { error_spike: { min_errors: 1 } }
  group_every: 1s
reconciliation:
  openai: { admin_key: "${SECRETS['the admin key of a vendor']}", base_url: "${at}/way-500" }
`;
}

/** Its text is the operator's own: it stands where the router is shown, and nowhere else. */
export const ROUTER: JsonObject = {
  name: 'canary-router',
  defaults: { message_templates: [{ role: 'system', content: WORDS['the text of a router'] }] },
  defaultRoute: {
    route_id: 'only',
    variants: [{ variant: { variant_id: 'one', model_id: 'keyed/way-500' }, weight: 100 }],
  },
};
