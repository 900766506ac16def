import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { fencedBlocks } from '../../fenced-blocks.ts'
import { pythonFromEnv } from '../../stack/environment.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { sourceFile } from '../../stack/project.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { keystoneSection } from '../keystone-section.ts'

/** Runs the tutorial's Python for a cloud, with a real Keystone and its catalog. */

const run = promisify(execFile)
const keystone = keystoneFromEnv()
const { url, projects } = keystone.data
const test = suite('tutorial in a cloud')
let service: Service
let catalogEntry: string

test.before(async () => {
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 1 },
    keystone_authtoken: keystoneSection(keystone.data),
  })
  catalogEntry = await keystone.registerService(
    'kv-storage',
    `${service.url}/v1/data/$(project_id)s`,
  )
})

test.after(async () => {
  await service.stop()
  await keystone.removeService(catalogEntry)
})

test("the tutorial's keystoneauth script lists the project's tables", async () => {
  const tutorial = readFileSync(sourceFile('docs/tutorial.md'), 'utf8')
  const [block = ''] = fencedBlocks(tutorial, 'python', 'In a cloud')
  const { username, password } = projects.alpha.users.reader
  const replacements = {
    'http://keystone:5000/v3': url,
    "'ann'": `'${username}'`,
    "'…'": `'${password}'`,
    "'demo'": `'${projects.alpha.name}'`,
  }
  let script = block
  for (const [written, real] of Object.entries(replacements)) {
    assert.ok(script.includes(written), written)
    script = script.replaceAll(written, real)
  }
  const { stdout } = await run(pythonFromEnv(), ['-B', '-c', script])
  assert.is(stdout, "{'tables': []}\n")
  // keystoneauth warns on standard error if it finds no version document.
  const discovery =
    "found = auth.get_endpoint_data(cloud, service_type='kv-storage', interface='public')\n" +
    'print(found.url, found.api_version)'
  const found = await run(pythonFromEnv(), ['-B', '-c', `${script}\n${discovery}`])
  assert.is(found.stderr, '')
  const dataUrl = `${service.url}/v1/data/${projects.alpha.id}`
  assert.is(found.stdout, `${stdout}${dataUrl} (1, 0)\n`)
})

test.run()
