import type { Config } from '../config/load.ts'
import { targetRoutes } from '../dialect/dynamodb/targets.ts'
import { V1_BULK_LOAD, V1_ROUTES } from '../dialect/magnetodb/routes.ts'
import { ruleDefaults } from '../operations/policy-rules.ts'
import type { PolicyOptions } from '../policy/policy-loader.ts'
import { samplePolicy } from '../policy/sample.ts'

/** Folder searched for policy files after the folders of the configuration files. oslo.config also
 * searches home folders and /etc, which may contain other programs' files. */
const SYSTEM_FOLDER = '/etc/magnetodb'

/** The default rules, with the requests that each covers. */
export const RULE_DEFAULTS = ruleDefaults([...V1_ROUTES, V1_BULK_LOAD, ...targetRoutes()])

/** The text of `etc/policy.yaml.sample`. */
export function policySample(): string {
  return samplePolicy(RULE_DEFAULTS)
}

export function policyOptions({ oslo_policy: group, configFolders }: Config): PolicyOptions {
  return {
    policyFile: group.policy_file,
    policyDirs: group.policy_dirs,
    searchFolders: [...configFolders, SYSTEM_FOLDER],
    defaults: RULE_DEFAULTS,
    defaultRule: group.policy_default_rule,
  }
}
