import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DemoSite {
  /** `http://127.0.0.1:<port>`: the target of the demo's domain. */
  url: string
  stop(): Promise<void>
}

/** The platform's application of the demo: one page that names the host it was asked for. */
export async function startDemoSite(preferredPort: number): Promise<DemoSite> {
  const server = createServer((request, response) => {
    const page = renderPage(request.headers.host ?? '')
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(page) })
    response.end(request.method === 'HEAD' ? undefined : page)
  })
  // The port of the last run, so that the domain's target still holds; any other when somebody has it now.
  if (!(await listens(server, preferredPort))) await listens(server, 0)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function listens(server: Server, port: number): Promise<boolean> {
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch (error) {
    if (port !== 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
}

function renderPage(host: string): string {
  // The header is anybody's text: only what a hostname and port are made of reaches the page.
  const name = host.replace(/[^A-Za-z0-9.:-]/g, '')
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${name}</title>
  <style>
    body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem; }
  </style>
  <h1>It works: ${name}</h1>
  <p>This page comes from the platform’s application, on the customer’s own domain, with a certificate of its own.</p>
  <p>Mooring proved who owns the name, obtained the certificate and put it on the edge.</p>
</html>
`
}
