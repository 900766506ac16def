import * as assert from 'uvu/assert'
import { type Seeded, seeded } from '../../seeded.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { keystoneSection } from '../keystone-section.ts'
import { ALTERATIONS } from './verdicts/alterations.ts'
import { ODDITIES } from './verdicts/oddities.ts'
import { randomRequest, type SignedRequest, type Unsigned } from './verdicts/signed-request.ts'
import { signByBotocore, signBySmithy } from './verdicts/signers.ts'
import { keystonesVerdict, ourVerdict } from './verdicts/verdict.ts'

/** The service's verdicts on signatures must equal the real Keystone's, or be stricter on
 * purpose. */

const REQUESTS = Number(process.env.MAGNETODB_TEST_VERDICTS ?? 200)
const KEYS = 4
const LANES = 4
const MUTATIONS = Object.entries({ ...ALTERATIONS, ...ODDITIES })

const test = suite('verdicts on signatures')
const keystone = keystoneFromEnv()
const { data } = keystone
const random: Seeded = seeded('verdicts on signatures', 1)
let service: Service | undefined
let token: string
let keys: readonly Ec2Credential[]

test.before(async () => {
  const { admin, member } = data.projects.alpha.users
  const users = below(KEYS).map((n) => (n % 2 === 0 ? admin : member))
  keys = await Promise.all(users.map((user) => keystone.createEc2Credential(user)))
  token = (await keystone.issueToken(data.service)).id
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 1 },
    keystone_authtoken: keystoneSection({ url: data.url, service: data.secretReader }),
  })
})

test.after(async () => {
  assert.is(await service?.stop(), 0)
})

interface Signed {
  readonly unsigned: Unsigned
  readonly request: SignedRequest
}

/** Requests of which each signer has signed one half. */
async function signedRequests(): Promise<readonly Signed[]> {
  const unsigned = below(REQUESTS).map(() => randomRequest(random, keys))
  const half = REQUESTS / 2
  const requests = [
    ...(await signByBotocore(unsigned.slice(0, half))),
    ...(await signBySmithy(unsigned.slice(half))),
  ]
  return requests.flatMap((request, n) => {
    const from = unsigned[n]
    return from === undefined ? [] : [{ unsigned: from, request }]
  })
}

async function verdicts(request: SignedRequest) {
  const [ours, keystones] = await Promise.all([
    ourVerdict(service?.port ?? 0, request),
    keystonesVerdict(keystone, token, request),
  ])
  return { ours, keystones }
}

test(`${REQUESTS} requests of botocore and of the SDK for JavaScript are accepted`, async () => {
  const faults: string[] = []
  await atOnce(LANES, await signedRequests(), async ({ request }) => {
    const { ours, keystones } = await verdicts(request)
    if (ours === 'accepted' && keystones === 'accepted') return
    faults.push(`${ours}, and ${keystones} by Keystone: ${textOf(request)}`)
  })
  assert.is(faults.slice(0, 5).join('\n'), '')
})

test(`${REQUESTS} mutants get Keystone's verdict or a stricter one that is listed`, async () => {
  const signed = await signedRequests()
  const faults: string[] = []
  /** Kinds in which the service was in fact stricter than Keystone. */
  const needed = new Set<string>()
  await atOnce(LANES, signed.entries(), async ([n, { unsigned, request }]) => {
    const [kind, { change, stricter }] = MUTATIONS[n % MUTATIONS.length] ?? none()
    const other = keys.find((key) => key !== unsigned.key) ?? none()
    const mutant = change(request, random, { own: unsigned.key, other })
    const { ours, keystones } = await verdicts(mutant)
    if (stricter !== undefined && keystones === 'accepted') needed.add(kind)
    if (ours === (stricter === undefined ? keystones : 'refused')) return
    faults.push(`${kind}: ${ours}, and ${keystones} by Keystone: ${textOf(mutant)}`)
  })
  assert.is(faults.slice(0, 10).join('\n'), '')
  for (const [kind, { stricter }] of MUTATIONS) {
    if (stricter !== undefined) assert.ok(needed.has(kind), `${kind}: Keystone refuses it as well`)
  }
})

function none(): never {
  throw new Error('there is none')
}

function textOf({ target, headers, body }: SignedRequest): string {
  return JSON.stringify({ target, headers, body: body.toString('latin1') })
}

test.run()
