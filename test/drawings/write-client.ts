/** `npm run docs`: writes the types of the client anew. */
import { writeFileSync } from 'node:fs'
import { CLIENT_FILE, drawClient } from './client.ts'

writeFileSync(CLIENT_FILE, await drawClient())
