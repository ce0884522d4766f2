import '@mantine/core/styles.css'
import './styles/tokens.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/table.css'
import './styles/pages.css'
import { MantineProvider } from '@mantine/core'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isSignedOut, sessionQuery } from './api/session.ts'
import { createPageRouter } from './router.tsx'
import { theme } from './theme.ts'

const client = new QueryClient({
  queryCache: new QueryCache({
    // The session ended while the page was open: everything is hidden behind the sign-in again.
    onError(error, query) {
      if (isSignedOut(error) && query.queryKey[0] !== sessionQuery.queryKey[0]) {
        void client.resetQueries({ queryKey: sessionQuery.queryKey })
      }
    },
  }),
  defaultOptions: {
    queries: { retry: false, refetchOnWindowFocus: true, staleTime: 2_000 },
  },
})

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={client}>
        <RouterProvider router={createPageRouter()} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
