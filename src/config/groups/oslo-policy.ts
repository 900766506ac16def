import { type OptionGroup, option } from '../option.ts'
import { list, string } from '../value-type.ts'

const NO_REMOTE_CHECKS = 'rules that ask another server (http:) are refused'

export const OSLO_POLICY_GROUP = {
  help: 'Access rules, in files in the language of oslo.policy.',
  options: {
    policy_file: option(string(), {
      default: 'policy.yaml',
      help:
        'File with rules that differ from the defaults, which are in etc/policy.yaml.sample. A ' +
        'relative path is searched in the folders of the configuration files, the last one ' +
        'first, and then in /etc/magnetodb. The file may be missing. Changes take effect within ' +
        'about two seconds, or at once by SIGHUP.',
    }),
    policy_dirs: option(list(string()), {
      default: ['policy.d'],
      help:
        'Folders with further policy files, which apply after policy_file, sorted by name; the ' +
        'last rule of a name counts. Hidden files are skipped, all others are read. Folders are ' +
        'searched like policy_file.',
    }),
    policy_default_rule: option(string(), {
      default: 'default',
      help: 'Rule to use instead of a missing one. If it is missing, too, access is denied.',
    }),
  },
  unused: {
    enforce_scope: 'a token must be scoped to a project in any case',
    enforce_new_defaults: 'there are no old defaults',
    remote_content_type: NO_REMOTE_CHECKS,
    remote_ssl_verify_server_crt: NO_REMOTE_CHECKS,
    remote_ssl_ca_crt_file: NO_REMOTE_CHECKS,
    remote_ssl_client_crt_file: NO_REMOTE_CHECKS,
    remote_ssl_client_key_file: NO_REMOTE_CHECKS,
    remote_timeout: NO_REMOTE_CHECKS,
  },
} satisfies OptionGroup
