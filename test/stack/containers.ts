import { setTimeout as delay } from 'node:timers/promises'
import type { GenericContainer, StartedTestContainer } from 'testcontainers'
import { type Handshake, untilAnswered } from './handshake.ts'
import type { Part } from './part.ts'

/** Milliseconds to wait for the container engine, then for its registry. After that, a local
 * process is used. */
const ENGINE_LIMIT_MS = 5_000
const REGISTRY_LIMIT_MS = 10_000

/** The part in a container, or the reason why it cannot run in one. */
export type ContainerChoice = { readonly part: Part } | { readonly reason: string }

export type ContainerServer = {
  readonly name: string
  readonly image: string
  /** The environment variable through which test processes find it. */
  readonly variable: string
  readonly port: number
  /** Checks from outside whether the server is ready: the image may lack a shell, and the text of
   * its log depends on its configuration. */
  readonly handshake: Handshake
  readonly limitMs: number
  readonly signal: AbortSignal
  readonly configure?: (container: GenericContainer) => GenericContainer
}

/**
 * Runs an image in Docker if there is an engine that has or can pull the image. Otherwise returns
 * the reason, and the caller starts a local process instead. The caller must remove the container:
 * there is no reaper, because not everybody can pull its image.
 */
export async function tryContainer(server: ContainerServer): Promise<ContainerChoice> {
  const { image } = server
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  const testcontainers = await import('testcontainers')
  let client: Awaited<ReturnType<typeof testcontainers.getContainerRuntimeClient>>
  try {
    client = await within(ENGINE_LIMIT_MS, testcontainers.getContainerRuntimeClient())
  } catch {
    return { reason: 'no Docker engine' }
  }
  try {
    const { dockerode } = client.container
    const handle = dockerode.getImage(image)
    const isLocal = await handle.inspect().then(
      () => true,
      () => false,
    )
    if (!isLocal) await within(REGISTRY_LIMIT_MS, handle.distribution())
  } catch {
    return { reason: `Docker cannot get ${image}` }
  }
  try {
    const container = await startContainer(testcontainers, client, server)
    const address = `${container.getHost()}:${container.getMappedPort(server.port)}`
    return {
      part: {
        note: `${server.name}: container ${image}`,
        environment: { [server.variable]: address },
        stop: () => removeContainer(container),
      },
    }
  } catch (error) {
    const [line] = String(error).split('\n')
    return { reason: `Docker could not run ${image}: ${line}` }
  }
}

type Testcontainers = typeof import('testcontainers')
type Client = Awaited<ReturnType<Testcontainers['getContainerRuntimeClient']>>

async function startContainer(
  { GenericContainer, Wait }: Testcontainers,
  client: Client,
  { image, port, handshake, limitMs, signal, configure = (own) => own }: ContainerServer,
): Promise<StartedTestContainer> {
  const configured = configure(new GenericContainer(image).withExposedPorts(port))
  const container = await configured.withWaitStrategy(Wait.forAll([])).start()
  const ended = client.container.getById(container.getId()).wait()
  const died = ended.then(({ StatusCode }) => {
    throw new Error(`it ended with ${StatusCode}`)
  })
  const waiting = new AbortController()
  const until = AbortSignal.any([signal, waiting.signal, AbortSignal.timeout(limitMs)])
  try {
    const [host, mapped] = [container.getHost(), container.getMappedPort(port)]
    await Promise.race([untilAnswered(host, mapped, handshake, until), died])
    return container
  } catch (error) {
    await removeContainer(container)
    throw error
  } finally {
    waiting.abort()
    died.catch(() => {})
  }
}

/** Stops the container, and removes it with its volumes. */
async function removeContainer(container: StartedTestContainer): Promise<void> {
  await container.stop({ remove: true, removeVolumes: true, timeout: 1_000 })
}

function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  const late = delay(limitMs, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${limitMs} ms`)
  })
  return Promise.race([promise, late])
}
