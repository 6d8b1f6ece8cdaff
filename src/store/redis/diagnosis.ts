// Why a connection to Redis cannot be made, in words for the operator: the client says "closed" of all of it.
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const NOT_ENCODED =
  'the user name or password in its address has a "%" that is not part of a code such as %3F: write it as %25';

/** Never holds the address or the password. */
export async function whyNoConnection(url: string, withinMs: number): Promise<string> {
  const place = new URL(url);
  const credentials = credentialsOf(place);
  if (credentials === null) return NOT_ENCODED;
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`it did not answer within ${withinMs} ms`), withinMs);
  const socket = open(place);
  socket.on('error', (error) => resolve(inWords(error)));
  socket.on('close', () => resolve('it closed the connection'));
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes.toString();
    const refusal = /^-(.*)\r\n/m.exec(answer)?.[1];
    if (refusal !== undefined) resolve(`it answered "${refusal.slice(0, 200)}"`);
    else if (answer.includes('+PONG')) resolve('the connection was closed');
  });
  socket.write(greeting(credentials));
  const why = await promise;
  clearTimeout(timer);
  socket.destroy();
  return why;
}

function open(place: URL): Socket {
  const host = place.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const port = Number(place.port || 6379);
  const isSecure = ['rediss:', 'valkeys:', 'redis+tls:'].includes(place.protocol);
  if (!isSecure) return connect({ host, port });
  return connectTls(isIP(host) === 0 ? { host, port, servername: host } : { host, port });
}

/** What AUTH is given; null: nobody can read them. */
function credentialsOf({ username, password }: URL): readonly string[] | null {
  if (password === '') return [];
  try {
    const word = decodeURIComponent(password);
    return username === '' ? [word] : [decodeURIComponent(username), word];
  } catch {
    return null;
  }
}

function greeting(credentials: readonly string[]): string {
  return (credentials.length === 0 ? '' : command(['AUTH', ...credentials])) + command(['PING']);
}

function command(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

function inWords(error: Error & { code?: string }): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens at that address';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved';
    case undefined:
      return 'the connection failed';
    default:
      return `the connection failed with ${error.code}`;
  }
}
