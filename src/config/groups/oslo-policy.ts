import { type OptionGroup, option } from '../option.ts'
import { list, string } from '../value-type.ts'

const NO_REMOTE_CHECKS = 'rules that ask another server (http:) are refused'

export const OSLO_POLICY_GROUP = {
  help: 'Who may do what: rules in files, in the language of oslo.policy.',
  options: {
    policy_file: option(string(), {
      default: 'policy.yaml',
      help:
        'File with the rules that differ from the defaults (etc/policy.yaml.sample shows them). ' +
        'A relative path is looked for in the folders of the configuration files, that of the ' +
        'last one first, and then in /etc/magnetodb. It need not exist. A change takes ' +
        'effect within two seconds or so, or at once by SIGHUP.',
    }),
    policy_dirs: option(list(string()), {
      default: ['policy.d'],
      help:
        'Folders with more such files. They apply after the policy file, each in the order of ' +
        'their names, and the last rule of a name counts. Hidden files are not read, all others ' +
        'are. Folders are looked for as the policy file is.',
    }),
    policy_default_rule: option(string(), {
      default: 'default',
      help: 'Rule that decides in place of one that does not exist. Without it, that denies.',
    }),
  },
  unused: {
    enforce_scope: 'a token that is not scoped to a project is always refused',
    enforce_new_defaults: 'the defaults have no older form',
    remote_content_type: NO_REMOTE_CHECKS,
    remote_ssl_verify_server_crt: NO_REMOTE_CHECKS,
    remote_ssl_ca_crt_file: NO_REMOTE_CHECKS,
    remote_ssl_client_crt_file: NO_REMOTE_CHECKS,
    remote_ssl_client_key_file: NO_REMOTE_CHECKS,
    remote_timeout: NO_REMOTE_CHECKS,
  },
} satisfies OptionGroup
