import { createBuiltInServer } from '@mooring/edge-agent'
import { testEdgeServer } from './edge-server.contract.ts'

testEdgeServer('the built-in server', async (settings) =>
  createBuiltInServer({ ...settings, listenAddress: '127.0.0.1' }),
)
