import { operationsLogged } from '../operations-logged.ts'
import { type Option, option } from '../option.ts'
import { boolean, string } from '../value-type.ts'

/** The options of `[DEFAULT]` about the log. Those of oslo.log have its names and meanings. */
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
      'Which operations have a line at INFO when they end, with table, status, time, bytes and ' +
      'requests to the storage. false: none. true: all, which costs about a quarter of the ' +
      'processor time of a small read. errors: those that failed; a condition that does not hold ' +
      'is no failure. slow:20ms: those, and all that took 20 milliseconds or longer.',
  }),
  log_file: option(string(), {
    deprecatedNames: ['logfile'],
    help:
      'File that log lines are appended to. A relative path starts from log_dir. Unset, with ' +
      'log_dir set, it is magnetodb-api.log; without either, lines go to standard error.',
  }),
  log_dir: option(string(), {
    deprecatedNames: ['logdir'],
    help: 'Folder of log_file. It must exist.',
  }),
  use_journal: option(boolean(), {
    default: false,
    help:
      'Write lines for the journal of systemd: to standard error, with a priority (<6>) and ' +
      'without a time. They have this form without the option, too, where standard error is the ' +
      'journal. With log_file or log_dir set, it has no effect.',
  }),
  use_json: option(boolean(), {
    default: false,
    help: 'Log each line as a JSON object instead of text.',
  }),
} satisfies Record<string, Option<unknown>>
