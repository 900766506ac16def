import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pythonFromEnv } from '../stack/environment.ts'
import { sourceFile } from '../stack/project.ts'

/** Runs a script of test/live/python to its end; its output. Fails with what it said otherwise. */
export async function runPython(
  script: string,
  args: readonly string[],
  input: unknown = null,
  python = pythonFromEnv(),
): Promise<string> {
  const path = sourceFile(`test/live/python/${script}`)
  const child = spawn(python, ['-B', path, ...args])
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  child.stdin.end(JSON.stringify(input))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${errors}`)
  return output
}
