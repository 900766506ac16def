import { Hono } from 'hono'
import { type Answer, JSON_TYPE, TEXT_TYPE } from '../../dialect/wire.ts'
import type { HttpEnv } from '../fetch-exchange.ts'

/** Probes of `fullcheck`. Each rejects if its part does not answer. */
export interface HealthProbes {
  readonly identity: () => Promise<void>
  readonly storage: () => Promise<void>
}

type Health = 'OK' | 'ERROR'

const PROBE_SECONDS_MAX = 2
/** Seconds for which a result is reused. This bounds the cost, since anybody may ask. */
const FULL_CHECK_FRESH_SECONDS = 1
const TRUE_VALUES: readonly string[] = ['true', '1', 'yes', 'on', 't', 'y']

/** Load balancers compare the answers byte for byte. */
export class Healthcheck {
  readonly #probes: HealthProbes
  #fullCheck: Promise<Answer> | undefined
  #fullCheckAt = Number.NEGATIVE_INFINITY

  constructor(probes: HealthProbes) {
    this.#probes = probes
  }

  answer(method: string, fullCheck: string | undefined): Answer | Promise<Answer> {
    if (method === 'HEAD') return { status: 204, contentType: JSON_TYPE, body: '' }
    if (!TRUE_VALUES.includes((fullCheck ?? '').toLowerCase())) return healthAnswer({ API: 'OK' })
    const now = performance.now()
    if (!this.#fullCheck || now - this.#fullCheckAt > FULL_CHECK_FRESH_SECONDS * 1_000) {
      this.#fullCheckAt = now
      this.#fullCheck = this.#checkAll()
    }
    return this.#fullCheck
  }

  async #checkAll(): Promise<Answer> {
    const [identity, storage] = await Promise.all([
      probed(this.#probes.identity),
      probed(this.#probes.storage),
    ])
    return healthAnswer({ API: 'OK', Identity: identity, Storage: storage, Messaging: 'OK' })
  }
}

/** `GET` and `HEAD /healthcheck` */
export function healthPages(healthcheck: Healthcheck): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/healthcheck', async (c) => {
      const answer = await healthcheck.answer(c.req.method, c.req.query('fullcheck'))
      const headers = { 'Content-Type': answer.contentType }
      return new Response(answer.body === '' ? null : answer.body, { ...answer, headers })
    })
    .get('/healthcheck/*', (c) => c.body('Incorrect url. Please check it and try again', 404, TEXT))
}

const TEXT = { 'Content-Type': TEXT_TYPE }

async function probed(probe: () => Promise<void>): Promise<Health> {
  let timer: NodeJS.Timeout | undefined
  const timedOut = new Promise<Health>((resolve) => {
    timer = setTimeout(() => resolve('ERROR'), PROBE_SECONDS_MAX * 1_000)
  })
  const answered = probe().then(
    (): Health => 'OK',
    (): Health => 'ERROR',
  )
  return Promise.race([answered, timedOut]).finally(() => clearTimeout(timer))
}

/** Formats JSON like Python's `json.dumps`. */
function healthAnswer(health: Readonly<Record<string, Health>>): Answer {
  const members = Object.entries(health).map(([part, state]) => `"${part}": "${state}"`)
  return {
    status: Object.values(health).includes('ERROR') ? 503 : 200,
    contentType: JSON_TYPE,
    body: `{${members.join(', ')}}`,
  }
}
