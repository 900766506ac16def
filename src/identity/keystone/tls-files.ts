import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'

/** Paths of PEM files, which are read once. */
export interface TlsOptions {
  readonly cafile?: string | undefined
  readonly certfile?: string | undefined
  readonly keyfile?: string | undefined
  /** OpenSSL's form. Default: Node's. */
  readonly ciphers?: string | undefined
  /** Accept any server certificate. */
  readonly insecure?: boolean | undefined
}

/** Options of Node's TLS, with the contents of the files. @throws if a file cannot be read */
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
