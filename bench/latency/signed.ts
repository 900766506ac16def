/** `npm run bench:signed`: the latency of the first and the thousandth request of EC2 keys, with
 * Keystone running, stopped and gone. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultedKeystone } from '../../test/faults/faulted-keystone.ts'
import { signedHeaders } from '../../test/live/dynamodb/signed-headers.ts'
import { keystoneSection } from '../../test/live/keystone-section.ts'
import type { Ec2Credential } from '../../test/stack/keystone-client.ts'
import { KeystoneStack } from '../../test/stack/keystone-stack.ts'
import { Connection } from '../../test/support/connection.ts'
import { Service } from '../../test/support/service.ts'
import { runBench } from '../command.ts'
import { requestText } from '../request-text.ts'
import { markdownTable } from '../table.ts'

const KEYS = 15
const REQUESTS = 1_000
const HEADINGS = ['Keystone', 'first', 'thousandth', 'first p50 ms', 'thousandth p50 ms']
const TEXT_COLUMNS = 3

type Sample = readonly [status: number, milliseconds: number]

/** Sends requests of one key, one after another, and measures the last one. */
async function last(url: string, key: Ec2Credential, requests: number): Promise<Sample> {
  const { host, hostname, port } = new URL(url)
  const headers = { ...signedHeaders(url, key, 'ListTables', '{}'), Host: host }
  const text = requestText({ path: '/', headers, body: '{}' })
  const connection = new Connection(hostname, Number(port))
  await connection.open()
  const send = () => new Promise<number>((resolve) => connection.send(text, resolve))
  for (let n = 1; n < requests; n++) await send()
  const since = performance.now()
  const status = await send()
  connection.close()
  return [status, performance.now() - since]
}

async function ofEach(url: string, keys: readonly Ec2Credential[], requests: number) {
  const samples: Sample[] = []
  for (const key of keys) samples.push(await last(url, key, requests))
  const sorted = samples.map(([, milliseconds]) => milliseconds).sort((a, b) => a - b)
  const statuses = [...new Set(samples.map(([status]) => status))].join(', ')
  return { statuses, p50: sorted[Math.floor(KEYS / 2)]?.toFixed(2) ?? '' }
}

async function bench(_options: unknown, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-signed-'))
  const keystone = await FaultedKeystone.start({ folder: join(folder, 'figure'), signal })
  const { url, secretReader, projects } = keystone.data
  const section = keystoneSection({ url, service: secretReader })
  const service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 1 },
    keystone_authtoken: { ...section, http_connect_timeout: 2 },
  })
  try {
    const admin = new KeystoneStack(keystone.data)
    const keys: Ec2Credential[] = []
    while (keys.length < 3 * KEYS)
      keys.push(await admin.createEc2Credential(projects.alpha.users.member))
    const known = keys.splice(0, KEYS)
    const row = async (name: string, unseen: readonly Ec2Credential[]) => {
      const first = await ofEach(service.url, unseen, 1)
      const thousandth = await ofEach(service.url, known, REQUESTS)
      return [name, first.statuses, thousandth.statuses, first.p50, thousandth.p50]
    }
    const rows = [await row('up', known)]
    keystone.pause()
    rows.push(await row('stopped (SIGSTOP)', keys.splice(0, KEYS)))
    await keystone.kill()
    rows.push(await row('gone', keys))
    process.stdout.write(markdownTable(HEADINGS, rows, TEXT_COLUMNS))
  } finally {
    await Promise.allSettled([service.stop(), keystone.kill()])
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

await runBench({ usage: 'npm run bench:signed', parseOptions: () => undefined, bench })
