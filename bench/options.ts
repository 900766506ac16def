import { parseArgs } from 'node:util'
import { SERVER_NAMES, type ServerName } from './servers/start.ts'

export interface Options {
  readonly rounds: number
  /** Seconds for each rung in each round. */
  readonly seconds: number
  readonly servers: readonly ServerName[]
  readonly json: boolean
}

export const USAGE =
  'npm run bench -- [--rounds N] [--seconds N] [--only SERVER,SERVER] [--json]\n' +
  `Servers: ${SERVER_NAMES.join(', ')}. bare is always there.`

/** @throws Error with a message for the user, if the arguments are invalid */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: SERVER_NAMES.join(',') },
      json: { type: 'boolean', default: false },
    },
  })
  return {
    rounds: count(values.rounds, 'rounds'),
    seconds: count(values.seconds, 'seconds'),
    servers: servers(values.only),
    json: values.json,
  }
}

function count(text: string, name: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new Error(`--${name} must be a number from 1 to 999`)
}

function servers(text: string): ServerName[] {
  const named = text.split(',')
  const unknown = named.find((name) => !SERVER_NAMES.some((known) => known === name))
  if (unknown !== undefined) throw new Error(`there is no server ${unknown}`)
  return SERVER_NAMES.filter((name) => name === 'bare' || named.includes(name))
}
