// What must be nowhere: secrets, and words of prompts, each unlike anything else, by where it is planted.
import { generateKeyPairSync } from 'node:crypto';

let made = 0;

/** Long enough to be told from everything else, in letters that no encoding changes. */
function word(what: string): string {
  made += 1;
  return `canary${made}${what}${Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('hex')}`;
}

/** A key of the operator's or of a caller's. Nobody but whom it opens something at may ever see it. */
export const SECRETS = {
  'a key of the configuration': `sk-proj-${word('config')}`,
  'a key that looks like a word': word('plain'),
  'the first key of a pool': word('poolone'),
  'the second key of a pool': word('pooltwo'),
  'a key named by a variable': word('variable'),
  'a well-known variable': word('wellknown'),
  'a header of a provider': word('header'),
  'the password of an address': word('password'),
  'the query of an address': word('query'),
  'the AWS secret': word('awssecret'),
  'the AWS session': word('awssession'),
  'the AWS key id': `AKIA${word('awsid').toUpperCase()}`,
  'the token Google gave': `ya29.${word('googletoken')}`,
  'the admin key': `sy-${word('admin')}`,
  'the headers of a collector': word('collector'),
  'the admin key of a vendor': word('vendoradmin'),
  'a key in a broken configuration': word('broken'),
  'a wrong key of a caller': word('wrong'),
  'the secret of a cookie': word('cookie'),
  'a virtual key of the configuration': `sy-${word('yamlkey')}`,
  'a provider key in a header': `sk-own-${word('ownheader')}`,
  'a stored provider key': `sk-own-${word('ownstored')}`,
  'a provider key that followed it': `sk-own-${word('ownrotated')}`,
  'the secret of a webhook': `whsec_${Buffer.from(word('webhook')).toString('base64')}`,
  'the header of a webhook': word('hookheader'),
  'the address of a webhook': word('hookquery'),
  'the secret of an S3 key': word('s3secret'),
  'the session of an S3 key': word('s3session'),
  'the secret of an analytics account': word('mixpanel'),
  'the password of a warehouse': word('clickhouse'),
  'the key users are hashed by': word('userhash'),
  'the address of a chat': word('slack'),
  'the password of a mail server': word('smtp'),
  'the secret of an alert': `whsec_${Buffer.from(word('alert')).toString('base64')}`,
} as const;

/** Words of requests and answers. Who asked may read them, and the provider; the log and everything made of it may not. */
export const WORDS = {
  'the system prompt': word('system'),
  'what the user said': word('user'),
  'what the user said before': word('earlier'),
  'the arguments of a tool': word('arguments'),
  'what a tool gave': word('result'),
  'what a tool is for': word('describes'),
  'the name of a file': `${word('filename')}.pdf`,
  'a picture': word('picture'),
  'a variable of a prompt': word('promptvariable'),
  'a shape for the answer': word('schema'),
  'a stop word': word('stop'),
  'a text to embed': word('embed'),
  'a query to rank by': word('rank'),
  'a document to rank': word('document'),
  'a text to moderate': word('moderate'),
  'a picture to draw': word('draw'),
  'a text to speak': word('speak'),
  'the answer of a model': word('answer'),
  'the text of a router': word('template'),
} as const;

/** Where a provider is. */
export const HOST = `${word('host')}.internal.example`;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** A service account; its key is looked for by a line of it. */
export const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const MASTER_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString(
  'base64',
);

export type Planted = ReadonlyMap<string, string>;

/** Everything that is planted, by what it is. @param more what is known only once it is made, such as the secret of a virtual key */
export function planted(more: { readonly [what: string]: string } = {}): Planted {
  return new Map([
    ...Object.entries(SECRETS),
    ...Object.entries(WORDS),
    ['the host of a provider', HOST],
    ['the key of a service account', PRIVATE_KEY.split('\n')[5] ?? ''],
    ['the master key', MASTER_KEY],
    ...Object.entries(more),
  ]);
}
