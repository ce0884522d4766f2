import { readFile } from 'node:fs/promises'
import { readDesired } from '../apply/desired.ts'
import { readVariables } from '../apply/variables.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { applyAgain } from './apply-again.ts'
import { type ApplyOptions, applyDesired } from './apply-desired.ts'
import { command, whyOption } from './command.ts'
import { option } from './option.ts'

const sharedOptions = () => [
  option('--dry-run', 'say what would be done, and do nothing', false),
  option('--prune', 'delete what is there of the same tenants and is not wanted', false),
  option('--yes', 'do not ask', false),
  whyOption(),
]

type FileOptions = ApplyOptions & { file: string; watch: boolean }

/** `moor apply -f mooring.json`: makes the server's domains, and the services they lead to, as a file wants them. */
export const applyCommand = command<FileOptions>({
  name: 'apply',
  description: 'Create and change domains so that they are as a file wants them; delete none unless told to.',
  options: [
    option('-f, --file <file>', 'what is wanted', 'mooring.json'),
    option('--watch', 'apply the file again each time that it changes', false),
    ...sharedOptions(),
  ],
  after: `
A file, with what else POST /v1/domains takes:
  {"domains": [{"hostname": "shop.example.com",
                "target": {"type": "proxy", "url": "http://192.0.2.7:8080"}}]}
Services that targets may name, with what else PUT /v1/services/{name} takes:
  {"services": {"web": {"servers": ["10.0.0.7:8080", "10.0.0.8:8080"]}},
   "domains": [{"hostname": "shop.example.com",
                "target": {"type": "proxy", "service": "web"}}]}`,
  async run(_args, options) {
    const { file, watch, prune, yes } = options
    if (watch && prune && !yes) throw new Failure(EXIT.usage, 'With --watch nobody is asked: --prune needs --yes.')
    const apply = async () => applyDesired(readDesired(await contentOf(file), file), options)
    return watch ? applyAgain(file, apply) : apply()
  },
})

/** `moor import`: the same from the variables that small setups are described by. */
export const importCommand = command<ApplyOptions & { tenant: string }>({
  name: 'import',
  description: 'Create and change domains so that they are as the variables DOMAINS and SERVICES want them.',
  options: [option('--tenant <tenant>', 'whose they are', 'default'), ...sharedOptions()],
  after: `
For example, a name that leads to a service of two servers, and one that is
sent elsewhere. Services are the platform's own, and may be private:
  export SERVICES='web=http://10.0.0.7:8080|http://10.0.0.8:8080'
  export DOMAINS='shop.example.com -> web, example.com => https://shop.example.com'
  moor import --dry-run`,
  run(_args, options) {
    const { DOMAINS = '', SERVICES = '' } = process.env
    return applyDesired(readVariables({ DOMAINS, SERVICES, tenant: options.tenant }), options)
  },
})

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new Failure(EXIT.usage, `${file} cannot be read.`)
  }
}
