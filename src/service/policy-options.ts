import type { Config } from '../config/load.ts'
import type { PolicyOptions } from '../policy/policy-loader.ts'
import { RULE_DEFAULTS } from '../policy/rules.ts'

/** Where policy files are looked for after the folders of the configuration files. oslo.config
 * looks in home folders and in /etc itself too, where other programs' files may lie. */
const SYSTEM_FOLDER = '/etc/magnetodb'

/** `[oslo_policy]` as the loader of policy files takes it. */
export function policyOptions({ oslo_policy: group, configFolders }: Config): PolicyOptions {
  return {
    policyFile: group.policy_file,
    policyDirs: group.policy_dirs,
    searchFolders: [...configFolders, SYSTEM_FOLDER],
    defaults: RULE_DEFAULTS,
    defaultRule: group.policy_default_rule,
  }
}
