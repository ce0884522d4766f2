export { type Agent, type AgentOptions, startAgent } from './agent.ts'
export { type BuiltInServerOptions, createBuiltInServer } from './built-in/built-in-server.ts'
export { edgeReadiness } from './readiness.ts'
export { type ServerChoice, chooseServer } from './choose-server.ts'
