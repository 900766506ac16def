import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { TlsOptions } from './options.ts'

/** What Node's TLS takes, with the contents of the files. @throws when one cannot be read */
export function readTlsFiles(options: TlsOptions): ConnectionOptions {
  const { cafile, certfile, keyfile, ciphers, insecure = false } = options
  return {
    rejectUnauthorized: !insecure,
    ...(cafile && { ca: readFileSync(cafile) }),
    ...(certfile && { cert: readFileSync(certfile) }),
    ...(keyfile && { key: readFileSync(keyfile) }),
    ...(ciphers && { ciphers }),
  }
}
