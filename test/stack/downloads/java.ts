/** Servers that are published as jars. */
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartOptions } from '../part.ts'
import { MissingPrerequisite, requireProgram } from '../prerequisite.ts'
import { runCommand } from '../processes.ts'
import { cached } from './download-cache.ts'

const DOWNLOAD_LIMIT_MS = 600_000
const JAVA_LIMIT_MS = 20_000
const JAVA_VERSION_MIN = 17

/** The path of a `java` of a version that is new enough. */
export async function requireJava({ folder: cwd, signal }: PartOptions): Promise<string> {
  const howToGetIt =
    `install a JDK ${JAVA_VERSION_MIN} ` +
    '(Debian and Ubuntu: apt-get install openjdk-17-jdk-headless maven)'
  const java = requireProgram('java', howToGetIt)
  const told = await runCommand(java, ['-version'], { cwd, signal, limitMs: JAVA_LIMIT_MS })
  const version = Number(/version "(\d+)/.exec(told)?.[1])
  if (version >= JAVA_VERSION_MIN) return java
  throw new MissingPrerequisite(`java is version ${version}: ${howToGetIt}`)
}

/** The folder with all jars that this `pom.xml` depends on. */
export async function downloadJars(
  name: string,
  pom: string,
  { folder, signal }: PartOptions,
): Promise<string> {
  const entry = await cached(name, [await readFile(pom, 'utf8')], async (cwd) => {
    const maven = requireProgram('mvn', 'install Maven (Debian and Ubuntu: apt-get install maven)')
    await copyFile(pom, join(cwd, 'pom.xml'))
    // A separate repository, because Maven's shared one does not support two concurrent runs.
    const repository = `-Dmaven.repo.local=${join(folder, 'maven')}`
    const what = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib']
    const how = { cwd, signal, limitMs: DOWNLOAD_LIMIT_MS }
    await runCommand(maven, ['-q', '-B', repository, ...what], how)
  })
  return join(entry, 'lib')
}
