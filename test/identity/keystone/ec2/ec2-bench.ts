import { hash } from 'node:crypto'
import { KeystoneAuthenticator } from '../../../../src/identity/keystone/authenticator.ts'
import type { SignatureVerifier } from '../../../../src/identity/keystone/ec2/signature-verifier.ts'
import type { KeystoneOptions } from '../../../../src/identity/keystone/options.ts'
import type { Identity } from '../../../../src/identity/request-context.ts'
import type { SignedOrigin } from '../../../../src/identity/signatures.ts'
import type { SignatureClaim } from '../../../../src/identity/sigv4/claim.ts'
import { SignatureError } from '../../../../src/identity/sigv4/signature-error.ts'
import { until } from '../../../support/until.ts'
import { type Signing, signed } from '../../sigv4/signed-requests.ts'
import { FakeKeystone, optionsFor } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import type { CallKind } from '../played-server.ts'
import { RecordedLog } from '../recorded-log.ts'
import { FakeCredentials } from './fake-credentials.ts'

/** An authenticator, a fake Keystone with the credential `AKEY` of project `p1`, and a clock. */
export class Ec2Bench {
  readonly clock = new ManualClock(Date.UTC(2030, 0, 1, 12))
  readonly log = new RecordedLog()
  readonly keystone: FakeKeystone
  readonly credentials: FakeCredentials
  readonly authenticator: KeystoneAuthenticator

  private constructor(keystone: FakeKeystone, changes: Partial<KeystoneOptions>) {
    this.keystone = keystone
    this.credentials = new FakeCredentials(keystone)
    this.credentials.set('AKEY', 'the secret')
    const { log, clock } = this
    this.authenticator = new KeystoneAuthenticator({
      options: optionsFor(keystone, changes),
      ...{ log, clock },
    })
  }

  static async start(changes: Partial<KeystoneOptions> = {}): Promise<Ec2Bench> {
    return new Ec2Bench(await FakeKeystone.start(), changes)
  }

  async restart(changes: Partial<KeystoneOptions>): Promise<Ec2Bench> {
    await this.stop()
    return Ec2Bench.start(changes)
  }

  async stop(): Promise<void> {
    this.authenticator.close()
    await this.keystone.stop()
  }

  get verifier(): SignatureVerifier {
    return this.authenticator.signatures
  }

  /** The claim of a request that is signed now. */
  claim(signing: Signing = {}): SignatureClaim {
    const headers = signed({ timeMs: this.clock.wallMs(), ...signing })
    const request = { query: new URLSearchParams(''), header: (name: string) => headers[name] }
    return this.verifier.read(headers.authorization ?? '', request)
  }

  async verify(signing: Signing = {}, origin: SignedOrigin = {}): Promise<Identity> {
    return this.verifier.verify(this.claim(signing), hash('sha256', signing.body ?? ''), origin)
  }

  async errorOf(signing: Signing = {}, origin: SignedOrigin = {}): Promise<unknown> {
    return this.verify(signing, origin).then(
      () => undefined,
      (error: unknown) => error,
    )
  }

  /** `valid`, or the error. */
  async faultOf(signing: Signing = {}, origin: SignedOrigin = {}): Promise<string> {
    const error = await this.errorOf(signing, origin)
    if (error instanceof SignatureError) return error.fault.is
    return error instanceof Error ? error.name : 'valid'
  }

  untilCalls(kind: CallKind, count: number): Promise<void> {
    const countNow = () => this.keystone.calls.filter((call) => call.kind === kind).length
    return until(`${count} calls: ${kind}`, () => countNow() >= count)
  }

  /** Number of calls so far, to verify signatures and to read credentials. */
  get calls(): readonly [signatures: number, credentials: number] {
    return [this.keystone.signatures, this.keystone.credentials]
  }
}
