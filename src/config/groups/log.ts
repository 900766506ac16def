import { operationsLogged } from '../operations-logged.ts'
import { type Option, option } from '../option.ts'
import { boolean, string } from '../value-type.ts'

/** Options of `[DEFAULT]` about logs. Options that oslo.log also has keep its names and
 * meanings. */
export const LOG_OPTIONS = {
  debug: option(boolean(), {
    default: false,
    mutable: true,
    help: 'Log at level DEBUG instead of INFO.',
  }),
  log_operations: option(operationsLogged(), {
    default: { are: 'none' },
    mutable: true,
    help:
      'Operations to log at level INFO when they end, with table, status, time, bytes and ' +
      'storage requests. false: none. true: all, which costs about a quarter of the CPU time of ' +
      'a small read. errors: failed ones, but not for conditions that do not hold. slow:20ms: ' +
      'failed ones, and those that took 20 milliseconds or longer.',
  }),
  log_file: option(string(), {
    deprecatedNames: ['logfile'],
    help:
      'File for log lines. A relative path starts from log_dir. Unset: magnetodb-api.log if ' +
      'log_dir is set, else standard error.',
  }),
  log_dir: option(string(), {
    deprecatedNames: ['logdir'],
    help: 'Folder of log_file. It must exist.',
  }),
  use_journal: option(boolean(), {
    default: false,
    help:
      "Write lines for systemd's journal: to standard error, with a priority (<6>) and without a " +
      'time. This is automatic if standard error is the journal. No effect with log_file or ' +
      'log_dir.',
  }),
  use_json: option(boolean(), {
    default: false,
    help: 'Log each line as a JSON object instead of text.',
  }),
} satisfies Record<string, Option<unknown>>
