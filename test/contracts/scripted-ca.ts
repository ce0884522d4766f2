export { letsEncrypt, problem } from './scripted-ca/problems.ts'
export type { Script, Scripted } from './scripted-ca/script.ts'
export { type ScriptedCa, type ScriptedCaOptions, startScriptedCa } from './scripted-ca/server.ts'
