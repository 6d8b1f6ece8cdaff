// A process of its own: the least a proxy can do on this runtime. It looks at nothing and writes nothing down, so what it
// costs is what Bun's HTTP server and client cost on the machine at hand.
const upstream = process.argv[2] ?? '';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request, self) {
    self.timeout(request, 0);
    const reply = await fetch(upstream + new URL(request.url).pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': 'identity' },
      body: await request.text(),
      signal: request.signal,
    });
    const headers = { 'content-type': reply.headers.get('content-type') ?? '' };
    const isStream = headers['content-type'].startsWith('text/event-stream');
    return new Response(isStream ? reply.body : await reply.text(), { headers });
  },
});
console.log(`listening on http://127.0.0.1:${server.port}`);
