import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** One page, served by the API from its own origin: nothing inline, nothing from elsewhere. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2024',
    // A file as `data:` is refused by the page's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npx vite --config apps/dashboard/vite-options.ts` beside a running API, for whoever works on the pages.
  server: { proxy: { '/v1': 'http://127.0.0.1:8080', '/auth': 'http://127.0.0.1:8080' } },
})
