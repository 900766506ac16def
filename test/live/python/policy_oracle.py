"""Asks the real oslo.policy what rules and policy files allow.

Reads one JSON object: {"defaults": [...], "cases": [...], "folders": [...]}. Prints a JSON line for
the sample of the defaults, one for each case and one for each folder, in their order. A verdict is
true, false, or the name of the error that oslo.policy raised.
"""

import json
import logging
import sys

from oslo_config import cfg
from oslo_context import context
from oslo_policy import generator, policy

NAMES = {
    'userId': 'user_id',
    'userDomainId': 'user_domain_id',
    'projectId': 'project_id',
    'projectDomainId': 'project_domain_id',
    'roles': 'roles',
    'isAdminProject': 'is_admin_project',
}
SERVICE_NAMES = {
    'userId': 'service_user_id',
    'projectId': 'service_project_id',
    'roles': 'service_roles',
}


class Context(context.RequestContext):
    """With is_admin, which services add and find out by `role:admin`."""

    def to_policy_values(self):
        values = super().to_policy_values()
        values['is_admin'] = 'admin' in [role.lower() for role in self.roles]
        return values


def context_of(identity):
    known = {NAMES[name]: value for name, value in identity.items() if name in NAMES}
    for name, value in identity.get('service', {}).items():
        known[SERVICE_NAMES[name]] = value
    return Context(**known)


def verdict(enforcer, question):
    target = {'project_id': question['projectId']}
    try:
        return bool(enforcer.enforce(question['rule'], target, context_of(question['identity'])))
    except Exception as error:
        return type(error).__name__


def configured(*args):
    conf = cfg.ConfigOpts()
    conf(list(args), project='magnetodb')
    return conf


def decide_case(conf, case):
    enforcer = policy.Enforcer(conf, use_conf=False, default_rule=case['defaultRule'])
    enforcer.set_rules(policy.Rules.from_dict(case['rules'], case['defaultRule']))
    return [verdict(enforcer, question) for question in case['questions']]


def decide_folder(defaults, folder):
    enforcer = policy.Enforcer(configured('--config-file', folder['configFile']))
    enforcer.register_defaults(defaults)
    try:
        enforcer.load_rules()
    except Exception as error:
        return type(error).__name__
    return [verdict(enforcer, question) for question in folder['questions']]


def registered(rule):
    parts = [rule['name'], rule['checkStr'], rule['description']]
    if rule['operations']:
        return policy.DocumentedRuleDefault(
            *parts, operations=rule['operations'], scope_types=rule['scopeTypes'])
    return policy.RuleDefault(*parts[:2], description=parts[2], scope_types=rule['scopeTypes'])


def main():
    logging.disable(logging.CRITICAL)
    given = json.load(sys.stdin)
    defaults = [registered(rule) for rule in given['defaults']]
    sample = generator._sort_and_format_by_section({'magnetodb': defaults})
    print(json.dumps(''.join(sample)))
    conf = configured()
    for case in given['cases']:
        print(json.dumps(decide_case(conf, case)))
    for folder in given['folders']:
        print(json.dumps(decide_folder(defaults, folder)))


main()
