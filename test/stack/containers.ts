import type { GenericContainer, StartedTestContainer } from 'testcontainers'

/** How long the engine may take to answer, and then its registry: after that we do without. */
const ENGINE_LIMIT_MS = 5_000
const REGISTRY_LIMIT_MS = 10_000

export type ContainerChoice =
  | { readonly kind: 'container'; readonly container: StartedTestContainer }
  | { readonly kind: 'local'; readonly reason: string }

/**
 * Runs an image under Docker when there is an engine that has the image or can get it; otherwise
 * says why not, so that the caller starts a local process instead.
 */
export async function tryContainer(
  image: string,
  configure: (container: GenericContainer) => GenericContainer,
): Promise<ContainerChoice> {
  const testcontainers = await import('testcontainers')
  let client: Awaited<ReturnType<typeof testcontainers.getContainerRuntimeClient>>
  try {
    client = await within(ENGINE_LIMIT_MS, testcontainers.getContainerRuntimeClient())
  } catch {
    return { kind: 'local', reason: 'no Docker engine' }
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
    return { kind: 'local', reason: `Docker cannot get ${image}` }
  }
  try {
    const container = await configure(new testcontainers.GenericContainer(image)).start()
    return { kind: 'container', container }
  } catch (error) {
    const [line] = String(error).split('\n')
    return { kind: 'local', reason: `Docker could not run ${image}: ${line}` }
  }
}

/** `host:port` at which the container's port is reached from here. */
export function containerAddress(container: StartedTestContainer, port: number): string {
  return `${container.getHost()}:${container.getMappedPort(port)}`
}

/** Stops and removes the container, its volumes with it. */
export async function removeContainer(container: StartedTestContainer): Promise<void> {
  await container.stop({ remove: true, removeVolumes: true, timeout: 1_000 })
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
