import { setTimeout as delay } from 'node:timers/promises'
import type { GenericContainer, StartedTestContainer } from 'testcontainers'
import { type Handshake, untilReady } from './handshake.ts'
import type { Part } from './part.ts'

/** Milliseconds to wait for the container engine, then for its registry. After that, a local
 * process is used. */
const ENGINE_LIMIT_MS = 5_000
const REGISTRY_LIMIT_MS = 10_000

type ContainerServer = {
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
  readonly files?: Parameters<GenericContainer['withCopyContentToContainer']>[0]
  readonly environment?: Readonly<Record<string, string>>
}

type Local = { readonly name: string; readonly port: number; stop(): Promise<void> }

/**
 * Runs an image in Docker if there is an engine that has or can pull the image. Otherwise starts a
 * local process instead, and notes why. The caller must remove the container: there is no reaper,
 * because not everybody can pull its image.
 */
export async function startInContainer(
  server: ContainerServer,
  startLocal: () => Promise<Local>,
): Promise<Part> {
  const choice = await tryContainer(server)
  if (typeof choice !== 'string') return choice
  const { name, port, stop } = await startLocal()
  const environment = { [server.variable]: `127.0.0.1:${port}` }
  return { note: `${name}: local process (${choice})`, environment, stop }
}

/** The part in a container, or the reason why it cannot run in one. */
async function tryContainer(server: ContainerServer): Promise<Part | string> {
  const { image } = server
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  const testcontainers = await import('testcontainers')
  let client: Client
  try {
    client = await within(ENGINE_LIMIT_MS, testcontainers.getContainerRuntimeClient())
  } catch {
    return 'no Docker engine'
  }
  try {
    const handle = client.container.dockerode.getImage(image)
    await handle.inspect().catch(() => within(REGISTRY_LIMIT_MS, handle.distribution()))
  } catch {
    return `Docker cannot get ${image}`
  }
  try {
    const container = await startContainer(testcontainers, client, server)
    const address = `${container.getHost()}:${container.getMappedPort(server.port)}`
    return {
      note: `${server.name}: container ${image}`,
      environment: { [server.variable]: address },
      stop: () => removeContainer(container),
    }
  } catch (error) {
    const [line] = String(error).split('\n')
    return `Docker could not run ${image}: ${line}`
  }
}

type Testcontainers = typeof import('testcontainers')
type Client = Awaited<ReturnType<Testcontainers['getContainerRuntimeClient']>>

async function startContainer(
  { GenericContainer, Wait }: Testcontainers,
  client: Client,
  server: ContainerServer,
): Promise<StartedTestContainer> {
  const { image, port, files = [], environment = {} } = server
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withCopyContentToContainer(files)
    .withEnvironment(environment)
    .withWaitStrategy(Wait.forAll([]))
    .start()
  const ended = client.container.getById(container.getId()).wait()
  const died = ended.then(({ StatusCode }) => {
    throw new Error(`it ended with ${StatusCode}`)
  })
  // It ends, too, when it is removed.
  died.catch(() => {})
  try {
    const [host, mapped] = [container.getHost(), container.getMappedPort(port)]
    await untilReady({ ...server, host, port: mapped }, died)
    return container
  } catch (error) {
    await removeContainer(container)
    throw error
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
